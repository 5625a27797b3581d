"""Figures that a rule can watch: one number of the last minutes, None while there is nothing to go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.models import Agent
from channels_io.end_reasons import FAILURES
from channels_io.models import Analysis, Conversation, CostLine, Handoff, Leg, Spending, Turn
from channels_io.reads.percentile import Percentile
from parley.accounts.models import Workspace

FEWEST: Final = 5
"""Calls or answers below which a share or percentile says nothing."""
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Window:
    workspace: Workspace
    since: datetime
    now: datetime
    agent: Agent | None


@dataclass(frozen=True, slots=True)
class Metric:
    label: str | Promise
    unit: str
    measure: Callable[[Window], float | None]
    below: bool = False
    """Whether little of it is what one is told of."""


def _p95(window: Window) -> float | None:
    turns = Turn.objects.of(window.workspace).filter(
        at__gte=window.since, v2v_ms__isnull=False, conversation__test=False, **_of_agent(window)
    )
    found = turns.aggregate(count=Count("pk"), p95=Percentile("v2v_ms", fraction=0.95))
    return float(found["p95"]) if found["count"] >= FEWEST else None


def _failed(window: Window) -> float | None:
    legs = Leg.objects.of(window.workspace).filter(
        ended_at__gte=window.since, conversation__test=False, **_of_agent(window)
    )
    found = legs.aggregate(all=Count("pk"), failed=Count("pk", filter=Q(end_reason__in=FAILURES)))
    return 100.0 * found["failed"] / found["all"] if found["all"] >= FEWEST else None


def _spent_today(window: Window) -> float | None:
    """Of carriers as it is let out, of engines as conversations end."""
    zone = ZoneInfo(window.workspace.timezone)
    midnight = window.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    carriers = Spending.objects.filter(workspace=window.workspace, at__gte=midnight)
    engines = CostLine.objects.filter(workspace=window.workspace, conversation__started_at__gte=midnight).exclude(
        component=CostLine.Component.CARRIER
    )
    if window.agent is not None:
        carriers, engines = carriers.filter(agent=window.agent), engines.filter(conversation__agent=window.agent)
    spent = (carriers.aggregate(sum=Sum("cost"))["sum"] or 0) + (engines.aggregate(sum=Sum("cost"))["sum"] or 0)
    return float(spent) / MILLION


def _waits(window: Window) -> float | None:
    """Seconds that whoever waits longest for a person has waited."""
    rows = Conversation.objects.of(window.workspace).filter(test=False, waits_since__isnull=False)
    if window.agent is not None:
        rows = rows.filter(agent=window.agent)
    first = rows.aggregate(first=Min("waits_since"))["first"]
    return (window.now - first).total_seconds() if first is not None else 0.0


def _handoffs(window: Window) -> float | None:
    rows = Handoff.objects.of(window.workspace).filter(state=Handoff.State.WAITING, **_of_agent(window))
    return float(rows.count())


def _contained(window: Window) -> float | None:
    rows = Analysis.objects.filter(
        workspace=window.workspace, done_at__gte=window.since, contained__isnull=False, **_of_agent(window)
    )
    found = rows.aggregate(all=Count("pk"), contained=Count("pk", filter=Q(contained=True)))
    return 100.0 * found["contained"] / found["all"] if found["all"] >= FEWEST else None


def _of_agent(window: Window) -> dict[str, Agent]:
    return {} if window.agent is None else {"conversation__agent": window.agent}


METRICS: Final[Mapping[str, Metric]] = {
    "p95_ms": Metric(_("Response time, 95 % within"), "ms", _p95),
    "failed_share": Metric(_("Calls and chats that failed"), "%", _failed),
    "spent_today": Metric(_("Spent today"), "", _spent_today),
    "waiting_seconds": Metric(_("Longest wait for a person"), "s", _waits),
    "handoffs_waiting": Metric(_("Hand-offs that wait"), "", _handoffs),
    "contained_share": Metric(_("Solved without a person"), "%", _contained, below=True),
}


def measured(name: str, workspace: Workspace, now: datetime, minutes: int, agent: Agent | None) -> float | None:
    return METRICS[name].measure(Window(workspace, now - timedelta(minutes=minutes), now, agent))
