"""Analytics: how agents do over days and weeks, what they cost, and where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agents.models import Agent, Provider, Version
from channels_io.end_reasons import FAILURES, label_of
from channels_io.guards.ask import rules_in_force
from channels_io.kind_names import kind_label
from channels_io.models import CostLine, Figures
from channels_io.pages.analytics_cards import cards_of, change_of, conversations_link, shown_ms, shown_share
from channels_io.pages.analytics_charts import charts_of
from channels_io.pages.inbox_form import outcome_label
from channels_io.pages.waterfall import legend_of
from channels_io.reads.analytics import RANGES, Narrowed, Report, Sums, range_of, read_report
from channels_io.reads.conversations import kinds_used
from channels_io.reads.figure_filter import ENDED, ERROR
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
        "cards": cards_of(workspace, span, report, narrowed),
        **charts_of(span, report, narrowed),
        "waits": legend_of(report.total.spans),
        "by_kind": [
            (kind_label(kind), conversations_link(span, narrowed, channel=kind), sums, legend_of(sums.spans))
            for kind, sums in report.kinds
        ],
        "by_agent": [
            (title, _address(request, agent=key), sums, legend_of(sums.spans)) for key, title, sums in report.agents
        ],
        "outcomes": _parts(
            report.total.named("outcome:"), outcome_label, lambda word: conversations_link(span, narrowed, outcome=word)
        ),
        "ends": _parts(
            report.total.named("end:"),
            label_of,
            lambda word: conversations_link(span, narrowed, figure=f"{ENDED}{word}"),
        ),
        "failures": _failures(report.total, lambda figure: conversations_link(span, narrowed, figure=figure)),
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


# --- parts --------------------------------------------------------------------------------------


def _parts(
    found: Sequence[tuple[str, float]], label: Callable[[str], str], link: Callable[[str], str]
) -> list[tuple[str, int, float, str]]:
    """Name, number, share of all, address of the conversations."""
    whole = sum(number for _word, number in found)
    return [(label(word), int(number), number / whole, link(word)) for word, number in found[:12]]


def _failures(sums: Sums, link: Callable[[str], str]) -> list[tuple[str, int, str]]:
    """What went wrong, how often, address of the conversations; the most frequent first."""
    found = [
        (label_of(word), int(number), link(f"{ENDED}{word}")) for word, number in sums.named("end:") if word in FAILURES
    ]
    found += [(word, int(number), link(f"{ERROR}{word}")) for word, number in sums.named("error:") if word]
    return sorted(found, key=lambda each: -each[1])[:12]


def _costs(workspace: Workspace, sums: Sums) -> list[tuple[str, str, float, list[tuple[str, str]]]]:
    """Component, cost, share of all, and what of it was paid to whom."""
    currency = rules_in_force(workspace).currency
    labels = dict(CostLine.Component.choices)
    paid: list[tuple[str, str, float]] = []
    for word, cost in sums.named("paid:"):
        component, _colon, service = word.partition(":")
        paid.append((component, service, cost))
    names = dict(Provider.objects.of(workspace).values_list("public_id", "name")) if paid else {}

    def shown(cost: float) -> str:
        return f"{cost / 1_000_000:,.2f} {currency}"

    return [
        (
            str(labels.get(part, part)),
            shown(cost),
            cost / sums.cost if sums.cost else 0.0,
            [
                (names.get(service, _("a service that was deleted")), shown(price))
                for of, service, price in paid
                if of == part
            ],
        )
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
        _line(_("Turns answered"), before.answered, after.answered, shown_share, True),
        _line(_("Solved without a person"), before.contained, after.contained, shown_share, True),
        _line(_("Response time, half within"), before.p50, after.p50, shown_ms, False),
        _line(_("Response time, 95 % within"), before.p95, after.p95, shown_ms, False),
        _line(_("Over the budget"), before.late, after.late, shown_share, False),
        _line(_("Answers interrupted"), before.interrupted, after.interrupted, shown_share, False),
        _line(_("Calls failed"), before.failed, after.failed, shown_share, False),
        _line(_("Prompt from cache"), before.cached, after.cached, shown_share, True),
    ]
    small = min(before.conversations, after.conversations) < 30
    return {"one": one, "other": other, "lines": lines, "small": small}


def _line(
    label: str, before: float | None, after: float | None, shown: Callable[[float | None], str], better: bool
) -> tuple[str, str, str, float | None, bool | None]:
    change = change_of(after, before)
    good = None if change is None or abs(change) < 0.02 else (change > 0) == better
    return label, shown(before), shown(after), change, good
