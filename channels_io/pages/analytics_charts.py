"""The two charts of Analytics: a column for each hour or day, that leads to its conversations.

Drawn here and not by a template: a quarter of a year has 180 columns, and a template takes most of the page's time for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from channels_io.models import Figures
from channels_io.pages.analytics_cards import conversations_link, shown_ms
from channels_io.pages.waterfall import budget_ms
from channels_io.reads.analytics import Narrowed, Range, Report

HEIGHT: Final = 120
STEP: Final = 12
BAR: Final = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One hour or day. `mark`: a second figure, None without one."""

    label: str
    link: str
    value: float | None
    mark: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`columns` is the inside of an SVG of `width` and `height`, y downwards; `line_y` is where the budget stands."""

    columns: SafeString
    first: str
    last: str
    width: int
    line_y: float | None
    height: int = HEIGHT


def charts_of(span: Range, report: Report, narrowed: Narrowed) -> dict[str, Chart]:
    """ "talks": conversations; "times": response times and the budget."""
    talks, times = [], []
    for at, sums in report.series:
        label = _label(at, span)
        link = conversations_link(replace(span, since=at.date(), until=at.date()), narrowed)
        number = _("%(number)s conversations") % {"number": f"{sums.conversations:,}"}
        talks.append(Point(label, link, float(sums.conversations), None, f"{label}: {number}"))
        p50, p95 = sums.p50, sums.p95
        within = _("half within %(p50)s, 95 %% within %(p95)s") % {"p50": shown_ms(p50), "p95": shown_ms(p95)}
        times.append(Point(label, link, p50, p95, f"{label}: {within}"))
    return {"talks": draw(talks), "times": draw(times, line=budget_ms())}


def draw(points: Sequence[Point], line: float | None = None) -> Chart:
    """The highest of values, marks and `line` reaches nearly to the top."""
    found = [each for point in points for each in (point.value, point.mark) if each]
    scale = HEIGHT / (max([*found, line or 0.0, 1.0]) * 1.06)
    return Chart(
        columns=format_html_join("", "{}", ((_column(place, point, scale),) for place, point in enumerate(points))),
        first=points[0].label if points else "",
        last=points[-1].label if points else "",
        width=STEP * max(1, len(points)),
        line_y=None if line is None else round(HEIGHT - line * scale, 2),
    )


def _column(place: int, point: Point, scale: float) -> SafeString:
    x, height = place * STEP + (STEP - BAR) // 2, round((point.value or 0.0) * scale, 2)
    mark = (
        ""
        if point.mark is None
        else format_html(
            '<rect class="an-mark" x="{}" y="{}" width="{}" height="2"/>', x, round(HEIGHT - point.mark * scale, 2), BAR
        )
    )
    return format_html(
        '<a href="{}" class="an-column" aria-label="{text}"><title>{text}</title>'
        '<rect class="an-area" x="{x}" y="0" width="{bar}" height="{whole}"/>'
        '<rect class="an-value" x="{x}" y="{}" width="{bar}" height="{}" rx="1"/>{}</a>',
        point.link,
        round(HEIGHT - height, 2),
        height,
        mark,
        text=point.text,
        x=x,
        bar=BAR,
        whole=HEIGHT,
    )


def _label(at: datetime, span: Range) -> str:
    return at.strftime("%H:00") if span.unit == Figures.Unit.HOUR else date_format(at, "j M")
