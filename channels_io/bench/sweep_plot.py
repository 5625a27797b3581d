"""The sweep as a picture: dead air to the right, false cut-offs upwards, one line a family. Pure; SVG as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

from channels_io.bench.sweep import Point

WIDTH, PANEL = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 40, 52
LONGEST_MS = 1600
COLOURS = {
    "silence only": "#8a8f98",
    "turn model only": "#c2410c",
    "words only": "#2563a8",
    "words and turn model": "#15803d",
    "longer floor": "#7c3aed",
}
GOAL_RATE = 0.05


def sweep_svg(corpora: Mapping[str, Sequence[Point]]) -> str:
    """One panel a corpus, below each other: dead air of all clips (dot: median, end of the thin line: p95) against cut-offs."""
    height = PANEL * len(corpora)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="Dead air against false cut-offs">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for index, (name, points) in enumerate(corpora.items()):
        parts += [f'<g transform="translate(0 {index * PANEL})">', *_panel(name, points), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(name: str, points: Sequence[Point]) -> list[str]:
    count = points[0].pause_clips if points else 0
    parts = [f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{escape(name)}: {count} clips with a '
             f"pause in mid-sentence</text>"]  # fmt: skip
    parts += _axes()
    families = [(family, list(group)) for family, group in groupby(points, key=lambda each: each.family)]
    for place, (family, group) in enumerate(families):
        colour = COLOURS.get(family, "#444444")
        line = " ".join(f"{_x(each.p50_ms):.1f},{_y(each.cut_off_rate):.1f}" for each in group)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for each in group:
            parts.append(_dot(each, colour))
        y = TOP + 12 + place * 18
        parts.append(f'<circle cx="{WIDTH - 190}" cy="{y - 4}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - 180}" y="{y}">{escape(family)}</text>')
    return parts


def _axes() -> list[str]:
    parts = []
    for ms in range(0, LONGEST_MS + 1, 200):
        parts.append(f'<line x1="{_x(ms):.1f}" y1="{_y(0)}" x2="{_x(ms):.1f}" y2="{_y(1)}" stroke="#eceef1"/>')
        parts.append(f'<text x="{_x(ms):.1f}" y="{_y(0) + 16}" text-anchor="middle">{ms}</text>')
    for percent in range(0, 101, 20):
        y = _y(percent / 100)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#eceef1"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    goal = _y(GOAL_RATE)
    parts.append(f'<line x1="{LEFT}" y1="{goal:.1f}" x2="{WIDTH - RIGHT}" y2="{goal:.1f}" stroke="#15803d" '
                 f'stroke-dasharray="4 4"/>')  # fmt: skip
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{PANEL - 14}" text-anchor="middle">dead air in ms: median (dot) to 95th percentile (end of the thin line)</text>'
    )
    parts.append(f'<text transform="translate(16 {PANEL / 2}) rotate(-90)" text-anchor="middle">false cut-offs</text>')
    return parts


def _dot(point: Point, colour: str) -> str:
    x, y = _x(point.p50_ms), _y(point.cut_off_rate)
    what = (
        f"{point.family} {point.setting:g}: p50 {point.p50_ms:.0f} ms, p95 {point.p95_ms:.0f} ms, "
        f"{len(point.cut_offs)} of {point.pause_clips} cut off"
    )
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="none" stroke="#111111" stroke-width="2"/>'
    title = f"<title>{escape(what)}</title>"
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}">{title}</circle>'
    tail = (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{_x(point.p95_ms):.1f}" y2="{y:.1f}" stroke="{colour}" '
        f'stroke-opacity="{1 if point.chosen else 0.25}"/>'
    )
    return f"{tail}{ring}{dot}" if point.chosen else f"{tail}{dot}"


def _x(milliseconds: float) -> float:
    return LEFT + min(milliseconds, LONGEST_MS) / LONGEST_MS * (WIDTH - LEFT - RIGHT)


def _y(rate: float) -> float:
    return PANEL - BOTTOM - rate * (PANEL - TOP - BOTTOM)
