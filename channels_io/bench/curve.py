"""Curves as SVG: small panels beside each other, readable on light and dark pages. Pure: numbers in, text out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

INK = "#6e7781"
LINE = "#2f81f7"
LIMIT = "#d1242f"
WIDTH, HEIGHT = 300, 200
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 36
TICKS = 4


@dataclass(frozen=True, slots=True)
class Panel:
    """One curve; `limit` is drawn as a broken line."""

    title: str
    points: tuple[tuple[float, float], ...]
    limit: float | None = None
    across: str = "calls at once"


def svg(panels: Sequence[Panel]) -> str:
    """All panels in one row. A panel without points shows its axes alone."""
    width = WIDTH * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="{INK}" role="img" '
        f'aria-label="{escape(", ".join(panel.title for panel in panels), {chr(34): "&quot;"})}">'
    ]
    for index, panel in enumerate(panels):
        parts.append(f'<g transform="translate({index * WIDTH} 0)">{_panel(panel)}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def ceiling(value: float) -> float:
    """The next 1, 2, 2.5 or 5 times a power of ten: where an axis ends."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999)


def _panel(panel: Panel) -> str:
    highest = ceiling(max([value for _, value in panel.points] + [panel.limit or 0.0], default=1.0))
    farthest = ceiling(max((at for at, _ in panel.points), default=1.0))

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * at / farthest, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * max(0.0, value) / highest, 1)

    parts = [f'<text x="{LEFT}" y="16" font-weight="600">{escape(panel.title)}</text>']
    for tick in range(TICKS + 1):
        value, at = highest * tick / TICKS, farthest * tick / TICKS
        parts.append(
            f'<path d="M{LEFT} {y(value)}H{WIDTH - RIGHT}" stroke="{INK}" stroke-opacity="0.25"/>'
            f'<text x="{LEFT - 6}" y="{y(value) + 4}" text-anchor="end">{value:g}</text>'
            f'<text x="{x(at)}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{at:g}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(panel.across)}</text>'
    )
    if panel.limit is not None:
        parts.append(f'<path d="M{LEFT} {y(panel.limit)}H{WIDTH - RIGHT}" stroke="{LIMIT}" stroke-dasharray="5 4"/>')
    if panel.points:
        path = "L".join(f"{x(at)} {y(value)}" for at, value in panel.points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{LINE}" stroke-width="2" stroke-linejoin="round"/>')
        parts += [f'<circle cx="{x(at)}" cy="{y(value)}" r="3" fill="{LINE}"/>' for at, value in panel.points]
    return "".join(parts)
