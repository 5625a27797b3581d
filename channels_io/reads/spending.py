"""What a workspace has spent and was refused, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from channels_io.guards.budgets import spent_of, times_of
from channels_io.guards.limits import open_calls
from channels_io.guards.rules import Rules
from channels_io.models import Refusal, Spending
from parley.accounts.models import Workspace

LISTED = 50
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gauge:
    """`used` of `most`, both counts or both millionths of the currency."""

    used: int
    most: int

    @property
    def percent(self) -> int:
        """100 where nothing is allowed."""
        return min(100, 100 * self.used // self.most) if self.most else 100

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)

    @property
    def tone(self) -> str:
        return "bad" if self.percent >= 100 else "warn" if self.percent >= 80 else "good"


@dataclass(frozen=True, slots=True)
class Usage:
    day: Gauge
    month: Gauge
    messages: Gauge
    """Of today."""
    calls: Gauge
    messages_hour: Gauge
    calls_hour: Gauge
    at_once: Gauge


def usage(workspace: Workspace, rules: Rules) -> Usage:
    now = timezone.now()
    spent = spent_of(workspace, times_of(workspace, now))
    rows = Spending.objects.filter(workspace=workspace)
    lately = rows.filter(at__gt=now - HOUR)
    calls = lately.filter(what=Spending.What.CALL).count()
    called = spent.counts.get(Spending.What.CALL.value, 0)
    return Usage(
        day=Gauge(spent.day, rules.budget_day),
        month=Gauge(spent.month, rules.budget_month),
        messages=Gauge(sum(spent.counts.values()) - called, rules.messages.workspace_day),
        calls=Gauge(called, rules.calls.workspace_day),
        messages_hour=Gauge(lately.count() - calls, rules.messages.workspace_hour),
        calls_hour=Gauge(calls, rules.calls.workspace_hour),
        at_once=Gauge(open_calls(rows, now), rules.calls_at_once),
    )


def refusals(workspace: Workspace) -> list[Refusal]:
    """The latest ones."""
    rows = Refusal.objects.filter(workspace=workspace).select_related("channel", "agent")
    return list(rows.order_by("-at", "-pk")[:LISTED])
