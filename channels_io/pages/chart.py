"""The day in 24 columns: how many replies, how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels_io.pages.waterfall import budget_ms, verdict
from channels_io.reads.today import Hour

HEIGHT = 100
COLUMN = 10
BAR = 6


@dataclass(frozen=True, slots=True)
class Column:
    """In drawing units, y downwards. `tail_y` is where the p95 line stands."""

    hour: int
    x: float
    y: float
    height: float
    tail_y: float
    tone: str
    turns: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class HourChart:
    columns: tuple[Column, ...]
    budget_y: float
    top_ms: float
    now_x: float
    width: int = COLUMN * 24
    height: int = HEIGHT
    bar: int = BAR


def hour_chart(hours: Sequence[Hour], now_hour: int) -> HourChart:
    top = max((hour.p95 or 0 for hour in hours), default=0)
    top = max(top, budget_ms()) * 1.08
    scale = HEIGHT / top
    columns = tuple(
        Column(
            hour=hour.hour,
            x=hour.hour * COLUMN + (COLUMN - BAR) / 2,
            y=round(HEIGHT - hour.p50 * scale, 2),
            height=round(hour.p50 * scale, 2),
            tail_y=round(HEIGHT - (hour.p95 or hour.p50) * scale, 2),
            tone=verdict(hour.p50),
            turns=hour.turns,
            p50=hour.p50,
            p95=hour.p95 or hour.p50,
        )
        for hour in hours
        if hour.p50 is not None
    )
    return HourChart(
        columns=columns,
        budget_y=round(HEIGHT - budget_ms() * scale, 2),
        top_ms=top,
        now_x=now_hour * COLUMN + COLUMN / 2,
    )
