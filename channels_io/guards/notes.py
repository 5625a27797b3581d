"""What the workspace's people are told about what was refused."""

from __future__ import annotations

from typing import Final

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.models import Agent
from channels_io.actions.raise_alert import raise_alert
from channels_io.guards.budgets import Spent, Times
from channels_io.guards.countries import country_name
from channels_io.guards.errors import label_of
from channels_io.guards.rules import Rules
from channels_io.models import Channel, Refusal, Spending
from parley.accounts.models import Workspace

QUIET: Final = frozenset({"opted_out", "concurrency"})
"""Refusals of everyday: listed, but nobody is alarmed."""
NEAR: Final = 0.8


def note_refusal(
    workspace: Workspace,
    what: Spending.What,
    code: str,
    *,
    key: str,
    shown: str,
    country: str = "",
    channel: Channel | None = None,
    agent: Agent | None = None,
) -> None:
    """Write it down, once per `key`; and alert, once until somebody has seen it."""
    now = timezone.now()
    row, made = Refusal.objects.get_or_create(
        workspace=workspace,
        key=key,
        defaults={
            "what": what, "code": code, "shown": shown, "country": country, "channel": channel, "agent": agent, "at": now,
        },
    )  # fmt: skip
    if not made:
        Refusal.objects.filter(pk=row.pk).update(code=code, at=now, count=F("count") + 1)
    if code not in QUIET:
        raise_alert(
            workspace,
            f"guard_{code}",
            f"guard:{code}",
            _alarm(code, what, shown, country),
            {"code": code, "what": what.value, "country": country},
        )


def note_budget(workspace: Workspace, rules: Rules, times: Times, before: Spent, cost: int) -> None:
    """Tell when `cost` has used up most of a budget. The words of today's and of this month's are alerts of their own."""
    for used, budget, key, text in (
        (
            before.day,
            rules.budget_day,
            f"guard:budget_day:{times.day.isoformat()}",
            _("%(share)d %% of today's budget is used. At 100 %% nothing more is sent or dialled until midnight."),
        ),
        (
            before.month,
            rules.budget_month,
            f"guard:budget_month:{times.month.isoformat()}",
            _("%(share)d %% of this month's budget is used. At 100 %% nothing more is sent or dialled this month."),
        ),
    ):
        if budget and used < budget * NEAR <= used + cost:
            raise_alert(workspace, "guard_budget_near", key, text % {"share": 100 * (used + cost) // budget})


def note_unreadable(workspace: Workspace) -> None:
    raise_alert(
        workspace,
        "guard_guard_unavailable",
        "guard:unreadable",
        _("The stored spending rules are not understood, so nothing is sent or dialled. Save them again."),
    )


def _alarm(code: str, what: Spending.What, shown: str, country: str) -> str:
    sort = _("A call") if what == Spending.What.CALL else _("A message")
    where = f" ({country_name(country)})" if country.isalpha() else ""
    return _("%(sort)s to %(number)s%(where)s was not let out: %(reason)s.") % {
        "sort": sort,
        "number": shown,
        "where": where,
        "reason": label_of(code).lower(),
    }
