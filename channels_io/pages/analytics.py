"""Analytics: how agents do over days and weeks, what they cost, and where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agents.models import Agent, Version
from channels_io.end_reasons import FAILURES, label_of
from channels_io.guards.ask import rules_in_force
from channels_io.kind_names import kind_label
from channels_io.models import CostLine, Figures
from channels_io.pages.waterfall import budget_ms, legend_of
from channels_io.reads.analytics import RANGES, Narrowed, Range, Report, Sums, most_at_once, range_of, read_report
from channels_io.reads.conversations import kinds_used
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page

RANGE_LABELS: Final[dict[str, str | Promise]] = {
    "today": gettext_lazy("Today"),
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
}
HEIGHT: Final = 120
STEP: Final = 12
BAR: Final = 8


@dataclass(frozen=True, slots=True)
class Card:
    """`change`: against the time before, as a share; `better`: whether more of it is good, None: neither."""

    label: str
    value: str
    note: str
    change: float | None
    better: bool | None
    link: str = ""

    @property
    def tone(self) -> str:
        if self.change is None or self.better is None or abs(self.change) < 0.005:
            return ""
        return "is-good" if (self.change > 0) == self.better else "is-bad"


@dataclass(frozen=True, slots=True)
class Column:
    """One hour or day, in drawing units, y downwards. `mark_y`: where a second figure stands; None without one."""

    label: str
    x: float
    y: float
    height: float
    mark_y: float | None
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    width: int
    top: float
    line_y: float | None
    """Where the budget stands."""
    height: int = HEIGHT
    bar: int = BAR


@require_safe
@workspace_page(Permission.VIEW)
def analytics(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    name = request.GET.get("range", "7")
    name = name if name in RANGES else "7"
    span = range_of(name, workspace, timezone.now())
    agents = list(Agent.objects.of(workspace).order_by("name"))
    narrowed = _narrowed(request, agents)
    report = read_report(workspace, span, narrowed)
    versions = _compared(workspace, report, request.GET.getlist("compare"))
    context = {
        "range": name,
        "ranges": [(key, RANGE_LABELS[key], _address(request, range=key)) for key in RANGES],
        "narrowed": narrowed,
        "agents": agents,
        "kinds": [(kind, kind_label(kind)) for kind in kinds_used(workspace)],
        "cards": _cards(workspace, span, report, narrowed),
        "talks": _chart(span, report, narrowed, lambda sums: float(sums.conversations), text=_talks),
        "times": _chart(
            span, report, narrowed, lambda sums: sums.p50, mark=lambda sums: sums.p95, text=_times, line=budget_ms()
        ),
        "waits": legend_of(report.total.spans),
        "by_kind": [
            (kind_label(kind), _inbox(span, narrowed, channel=kind), sums, legend_of(sums.spans))
            for kind, sums in report.kinds
        ],
        "by_agent": [
            (title, _address(request, agent=key), sums, legend_of(sums.spans)) for key, title, sums in report.agents
        ],
        "outcomes": _parts(report.total.named("outcome:"), lambda word: _inbox(span, narrowed, outcome=word)),
        "ends": _parts([(label_of(word), number) for word, number in report.total.named("end:")]),
        "failures": _failures(report.total),
        "costs": _costs(workspace, report.total),
        "versions": report.versions if narrowed.agent else (),
        "compared": versions,
        "anything": bool(report.total.counts),
        "hourly": span.unit == Figures.Unit.HOUR,
        "total": report.total,
    }
    return render_page(request, "channels_io/analytics.html", context, title=_("Analytics"))


def _narrowed(request: WorkspaceRequest, agents: Sequence[Agent]) -> Narrowed:
    agent = request.GET.get("agent", "")
    known = agent if any(each.public_id == agent for each in agents) else ""
    return Narrowed(known, request.GET.get("version", "")[:40] if known else "", request.GET.get("kind", "")[:40])


def _address(request: WorkspaceRequest, **changed: str) -> str:
    query = request.GET.copy()
    for key, value in changed.items():
        query[key] = value
    return "?" + query.urlencode()


def _inbox(span: Range, narrowed: Narrowed, **more: str) -> str:
    """The conversations behind a figure."""
    wanted = {"tab": "all", "agent": narrowed.agent, "channel": narrowed.kind}
    wanted |= {"since": span.since.isoformat(), "until": span.until.isoformat(), **more}
    return f"{reverse('channels_io:inbox')}?{urlencode({name: value for name, value in wanted.items() if value})}"


# --- cards --------------------------------------------------------------------------------------


def _cards(workspace: Workspace, span: Range, report: Report, narrowed: Narrowed) -> list[Card]:
    now, before = report.total, report.before
    currency = rules_in_force(workspace).currency
    talks = _inbox(span, narrowed)
    return [
        Card(_("Conversations"), f"{now.conversations:,}", _before(f"{before.conversations:,}"),
             _change(now.conversations, before.conversations), None, talks),
        Card(_("Turns answered"), _share(now.answered), _of(now.of("answered"), now.of("heard")),
             _change(now.answered, before.answered), True),
        Card(_("Solved without a person"), _share(now.contained), _of(now.of("contained"), now.of("judged")),
             _change(now.contained, before.contained), True),
        Card(_("Hand-offs"), f"{int(now.of('handoffs')):,}", _waited(now.handoff_wait),
             _change(now.of("handoffs"), before.of("handoffs")), False, _inbox(span, narrowed, state="waiting")),
        Card(_("Response time"), _ms(now.p50), _("95 %% within %(ms)s") % {"ms": _ms(now.p95)},
             _change(now.p50, before.p50), False),
        Card(_("Over the budget"), _share(now.late), _of(now.of("late"), now.of("spoken")), _change(now.late, before.late), False),
        Card(_("Most calls at once"), f"{most_at_once(workspace, span, narrowed):,}",
             _("%(hours)s hours of talk") % {"hours": f"{now.of('seconds') / 3600:,.1f}"}, None, None),
        Card(_("Cost"), f"{now.cost / 1_000_000:,.2f} {currency}",
             _("%(each)s a conversation") % {"each": _each(now, currency)}, _change(now.cost, before.cost), False,
             reverse("channels_io:prices")),
    ]  # fmt: skip


def _before(value: str) -> str:
    return _("%(value)s the time before") % {"value": value}


def _of(part: float, whole: float) -> str:
    return _("%(part)s of %(whole)s") % {"part": f"{int(part):,}", "whole": f"{int(whole):,}"}


def _waited(seconds: float | None) -> str:
    if seconds is None:
        return _("nobody was asked for")
    return _("taken after %(seconds)s s on average") % {"seconds": f"{seconds:,.0f}"}


def _each(sums: Sums, currency: str) -> str:
    return f"{sums.cost / 1_000_000 / sums.conversations:,.4f} {currency}" if sums.conversations else "–"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def _change(now: float | None, before: float | None) -> float | None:
    return None if now is None or not before else now / before - 1


# --- charts -------------------------------------------------------------------------------------


def _chart(
    span: Range,
    report: Report,
    narrowed: Narrowed,
    value: Callable[[Sums], float | None],
    *,
    text: Callable[[Sums], str],
    mark: Callable[[Sums], float | None] = lambda sums: None,
    line: float | None = None,
) -> Chart:
    highest = max((found for _at, sums in report.series for found in (value(sums), mark(sums)) if found), default=0.0)
    top = max(highest, line or 0.0, 1.0) * 1.06
    columns = []
    for place, (at, sums) in enumerate(report.series):
        height = round((value(sums) or 0.0) / top * HEIGHT, 2)
        marked = mark(sums)
        label = _label(at, span)
        columns.append(
            Column(
                label=label,
                x=place * STEP + (STEP - BAR) / 2,
                y=round(HEIGHT - height, 2),
                height=height,
                mark_y=None if marked is None else round(HEIGHT - marked / top * HEIGHT, 2),
                text=f"{label}: {text(sums)}",
                link=_inbox(span, narrowed, since=at.date().isoformat(), until=at.date().isoformat()),
            )
        )
    line_y = None if line is None else round(HEIGHT - line / top * HEIGHT, 2)
    return Chart(tuple(columns), STEP * max(1, len(columns)), top / 1.06, line_y)


def _label(at: datetime, span: Range) -> str:
    return at.strftime("%H:00") if span.unit == Figures.Unit.HOUR else date_format(at, "j M")


def _talks(sums: Sums) -> str:
    return _("%(number)s conversations") % {"number": f"{sums.conversations:,}"}


def _times(sums: Sums) -> str:
    return _("half within %(p50)s, 95 %% within %(p95)s") % {"p50": _ms(sums.p50), "p95": _ms(sums.p95)}


# --- parts --------------------------------------------------------------------------------------


def _parts(
    found: Sequence[tuple[str, float]], link: Callable[[str], str] = lambda word: ""
) -> list[tuple[str, int, float, str]]:
    """Name, number, share of all, address of the conversations."""
    whole = sum(number for _word, number in found)
    return [(word, int(number), number / whole, link(word)) for word, number in found[:12]]


def _failures(sums: Sums) -> list[tuple[str, int]]:
    ended = [(label_of(word), int(number)) for word, number in sums.named("end:") if word in FAILURES]
    return [*ended, *((word, int(number)) for word, number in sums.named("error:") if word)][:12]


def _costs(workspace: Workspace, sums: Sums) -> list[tuple[str, str, float]]:
    currency = rules_in_force(workspace).currency
    labels = dict(CostLine.Component.choices)
    return [
        (str(labels.get(part, part)), f"{cost / 1_000_000:,.2f} {currency}", cost / sums.cost if sums.cost else 0.0)
        for part, cost in sums.named("cost:")
    ]


def _compared(workspace: Workspace, report: Report, wanted: Sequence[str]) -> dict[str, Any] | None:
    """Two versions of the chosen agent beside each other."""
    found = {public_id: (number, sums) for public_id, number, sums in report.versions}
    two = [found[public_id] for public_id in wanted if public_id in found][:2]
    if len(two) < 2 or not Version.objects.of(workspace).filter(public_id__in=wanted).exists():
        return None
    (one, before), (other, after) = sorted(two, key=lambda each: each[0])
    lines = [
        (_("Conversations"), f"{before.conversations:,}", f"{after.conversations:,}", None, None),
        _line(_("Turns answered"), before.answered, after.answered, _share, True),
        _line(_("Solved without a person"), before.contained, after.contained, _share, True),
        _line(_("Response time, half within"), before.p50, after.p50, _ms, False),
        _line(_("Response time, 95 % within"), before.p95, after.p95, _ms, False),
        _line(_("Over the budget"), before.late, after.late, _share, False),
        _line(_("Answers interrupted"), before.interrupted, after.interrupted, _share, False),
        _line(_("Calls failed"), before.failed, after.failed, _share, False),
        _line(_("Prompt from cache"), before.cached, after.cached, _share, True),
    ]
    small = min(before.conversations, after.conversations) < 30
    return {"one": one, "other": other, "lines": lines, "small": small}


def _line(
    label: str, before: float | None, after: float | None, shown: Callable[[float | None], str], better: bool
) -> tuple[str, str, str, float | None, bool | None]:
    change = _change(after, before)
    good = None if change is None or abs(change) < 0.02 else (change > 0) == better
    return label, shown(before), shown(after), change, good
