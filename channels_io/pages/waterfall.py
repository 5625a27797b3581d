"""The geometry of a waterfall: spans of a reply → bars that a template draws as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy

from channels_io.models import Turn
from channels_io.reads.record import TurnRecord
from channels_io.waits import wait_named
from inference.used import together, uses_from

WIDTH = 1000
"""Units of the drawing: it is stretched to the width of its place."""
FAIR = 5 / 3
"""As a multiple of the budget: until here it still feels like talk."""
STAGES = {
    "transcriber": gettext_lazy("Speech recognition"),
    "chat": gettext_lazy("Language model"),
    "synthesizer": gettext_lazy("Voice"),
}


def budget_ms() -> int:
    budget: int = settings.PARLEY_BUDGET_MS
    return budget


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` in drawing units; `slot` chooses the colour."""

    name: str
    ms: float
    x: float
    width: float

    @property
    def slot(self) -> int:
        return wait_named(self.name).slot

    @property
    def label(self) -> str:
        return str(wait_named(self.name).label)

    @property
    def explained(self) -> str:
        return str(wait_named(self.name).explained)


@dataclass(frozen=True, slots=True)
class Waterfall:
    record: TurnRecord
    bars: tuple[Bar, ...]
    total_ms: float
    budget_x: float
    engines: tuple[tuple[str, str], ...] = ()
    """(what was done, by whom)"""

    @property
    def spoken(self) -> bool:
        return self.record.turn.v2v_ms is not None

    @property
    def over_ms(self) -> float:
        return max(0.0, self.total_ms - budget_ms())

    @property
    def evaluated_tokens(self) -> int:
        return max(0, self.record.turn.prompt_tokens - self.record.turn.cached_tokens)


@dataclass(frozen=True, slots=True)
class Legend:
    """One wait over several turns. `share` is of the whole time."""

    name: str
    mean_ms: float
    share: float
    x: float = 0.0
    width: float = 0.0

    @property
    def slot(self) -> int:
        return wait_named(self.name).slot

    @property
    def label(self) -> str:
        return str(wait_named(self.name).label)

    @property
    def explained(self) -> str:
        return str(wait_named(self.name).explained)


def waterfalls(records: Sequence[TurnRecord]) -> dict[int, Waterfall]:
    """By turn pk, all on one scale so that they can be compared; turns without spans are left out."""
    timed = [record for record in records if record.spans]
    longest = max((record.wait_ms or 0 for record in timed), default=0)
    scale = WIDTH / (max(longest, budget_ms()) * 1.04)
    heard = {
        (record.turn.leg_id, record.turn.number): record.turn for record in records if record.turn.role == "caller"
    }
    return {
        record.turn.pk: _waterfall(record, scale, heard.get((record.turn.leg_id, record.turn.number)))
        for record in timed
    }


def engines_of(*turns: Turn | None) -> tuple[tuple[str, str], ...]:
    """Who recognised, thought and spoke; ("Voice", "GPU server: kokoro"), ("Language model", "qwen")."""
    used = together(use for turn in turns if turn is not None for use in uses_from(turn.used))
    return tuple((str(STAGES[use.stage]), f"{use.name}: {use.model}" if use.name else use.model) for use in used)


def _waterfall(record: TurnRecord, scale: float, asked: Turn | None = None) -> Waterfall:
    bars = tuple(
        Bar(
            name=span.name,
            ms=span.ms,
            x=round(span.start_ms * scale, 1),
            width=round(max(span.ms * scale, 1.5 if span.ms else 0), 1),
        )
        for span in record.spans
    )
    return Waterfall(
        record=record,
        bars=bars,
        total_ms=record.wait_ms or 0.0,
        budget_x=round(budget_ms() * scale, 1),
        engines=engines_of(asked, record.turn),
    )


def legend(drawn: Sequence[Waterfall]) -> tuple[Legend, ...]:
    """Each span's name once, in the order of the waits, with its mean over the turns that have it."""
    sums: dict[str, list[float]] = {}
    for waterfall in drawn:
        for bar in waterfall.bars:
            sums.setdefault(bar.name, []).append(bar.ms)
    return legend_of((name, sum(values), len(values)) for name, values in sums.items())


def legend_of(sums: Iterable[tuple[str, float, int]]) -> tuple[Legend, ...]:
    """(name, ms of all turns together, turns) of each wait → contiguous parts of one bar, in the order of time."""
    ordered = sorted(sums, key=lambda each: (wait_named(each[0]).slot, each[0]))
    whole = sum(ms for _, ms, _ in ordered) or 1.0
    parts: list[Legend] = []
    x = 0.0
    for name, ms, turns in ordered:
        width = ms / whole * WIDTH
        parts.append(Legend(name, ms / turns, ms / whole, round(x, 1), round(width, 1)))
        x += width
    return tuple(parts)


def verdict(ms: float | None) -> str:
    """Class of a badge: is-good within the budget, is-warn while it still feels like talk, else is-bad."""
    if ms is None:
        return ""
    return "is-good" if ms <= budget_ms() else "is-warn" if ms <= budget_ms() * FAIR else "is-bad"
