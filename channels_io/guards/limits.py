"""Caps, budget and patterns: the questions whose answer changes with what went out before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, F, Min, Q, QuerySet

from agents.models import Agent
from channels_io.guards.budgets import Spent, Times
from channels_io.guards.rules import Caps, Rules, caps_of
from channels_io.models import Spending
from parley.accounts.models import Workspace

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SHORT: Final = timedelta(seconds=20)
SOON: Final = 30.0
"""Seconds until a call may have ended."""
_MESSAGES: Final = (Spending.What.SMS, Spending.What.WHATSAPP)

Refused = tuple[str, float]
"""A code and the seconds after which to ask again; ("", 0) when there is nothing against it."""
FINE: Final[Refused] = ("", 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    what: Spending.What
    digest: str
    """Of the number."""
    range: str
    agent: Agent | None
    cost: int
    campaign: bool


def refusal_of(workspace: Workspace, question: Question, rules: Rules, times: Times, spent: Spent) -> Refused:
    """Call with the workspace's lock held."""
    alike = (question.what,) if question.what == Spending.What.CALL else _MESSAGES
    rows = Spending.objects.filter(workspace=workspace)
    caps = caps_of(rules, question.what.value)
    checks: tuple[Callable[[], Refused], ...] = (
        lambda: _budget(question, rules, times, spent),
        lambda: _at_once(rows, question, rules, times.now),
        lambda: _number(rows.filter(what__in=alike), question, caps, times.now),
        lambda: _range(rows.filter(what__in=alike), question, rules, times.now),
        lambda: _hour(rows.filter(what__in=alike), question, caps, times.now),
        lambda: _day(alike, caps, times, spent),
    )
    return next((refused for check in checks if (refused := check())[0]), FINE)


def _budget(question: Question, rules: Rules, times: Times, spent: Spent) -> Refused:
    # A budget of nothing lets nothing out, not even what costs nothing.
    if not rules.budget_month or spent.month + question.cost > rules.budget_month:
        return "budget", (times.month_ends - times.now).total_seconds()
    if not rules.budget_day or spent.day + question.cost > rules.budget_day:
        return "budget", (times.ends - times.now).total_seconds()
    return FINE


def _at_once(rows: QuerySet[Spending], question: Question, rules: Rules, now: datetime) -> Refused:
    if question.what != Spending.What.CALL:
        return FINE
    return ("concurrency", SOON) if open_calls(rows, now) >= rules.calls_at_once else FINE


def open_calls(rows: QuerySet[Spending], now: datetime) -> int:
    return rows.filter(what=Spending.What.CALL, released_at=None, expires_at__gt=now).count()


def _number(rows: QuerySet[Spending], question: Question, caps: Caps, now: datetime) -> Refused:
    within = Q(at__gt=now - HOUR)
    found = rows.filter(address=question.digest, at__gt=now - DAY).aggregate(
        hour=Count("pk", filter=within), hour_first=Min("at", filter=within), day=Count("pk"), day_first=Min("at")
    )
    if found["day"] >= caps.number_day:
        return "cap_number", _until(found["day_first"], DAY, now)
    if found["hour"] >= caps.number_hour:
        return "cap_number", _until(found["hour_first"], HOUR, now)
    return FINE


def _range(rows: QuerySet[Spending], question: Question, rules: Rules, now: datetime) -> Refused:
    if not question.range:
        return FINE
    most = rules.range_campaign if question.campaign else rules.range_numbers
    near = rows.filter(range=question.range, at__gt=now - HOUR)
    found = near.aggregate(
        others=Count("address", distinct=True, filter=~Q(address=question.digest)),
        short=Count("pk", filter=Q(what=Spending.What.CALL, released_at__lt=F("at") + SHORT)),
        first=Min("at"),
    )
    if found["others"] >= most or (question.what == Spending.What.CALL and found["short"] >= rules.short_calls):
        return "cap_range", _until(found["first"], HOUR, now)
    return FINE


def _hour(rows: QuerySet[Spending], question: Question, caps: Caps, now: datetime) -> Refused:
    mine = Q(agent=question.agent) if question.agent is not None else Q(agent=None)
    found = rows.filter(at__gt=now - HOUR).aggregate(
        all=Count("pk"), first=Min("at"), mine=Count("pk", filter=mine), mine_first=Min("at", filter=mine)
    )
    if found["all"] >= caps.workspace_hour:
        return "cap_workspace", _until(found["first"], HOUR, now)
    if found["mine"] >= caps.agent_hour:
        return "cap_agent", _until(found["mine_first"], HOUR, now)
    return FINE


def _day(alike: tuple[Spending.What, ...], caps: Caps, times: Times, spent: Spent) -> Refused:
    if sum(spent.counts.get(what.value, 0) for what in alike) >= caps.workspace_day:
        return "cap_workspace", (times.ends - times.now).total_seconds()
    return FINE


def _until(first: datetime | None, length: timedelta, now: datetime) -> float:
    """Seconds until the first of them is older than `length`; `length` itself where a cap of 0 found none."""
    return (length if first is None else first + length - now).total_seconds()
