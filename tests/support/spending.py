"""Spending rules for tests: `open_rules(acme)` lets everything out but premium numbers; `set_rules(acme, budget_day=0)`."""

from __future__ import annotations

from typing import Any

from channels_io.actions.save_spending_rules import save_spending_rules
from channels_io.guards.rules import EVERY, MILLION, Caps, Rules
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

PLENTY = 1_000_000
UNCAPPED = Caps(number_hour=PLENTY, number_day=PLENTY, agent_hour=PLENTY, workspace_hour=PLENTY, workspace_day=PLENTY)


def set_rules(workspace: Workspace, **rules: Any) -> Rules:
    """Like `open_rules`, but for what is given."""
    made = Rules(
        **{
            "countries": (EVERY,),
            "messages": UNCAPPED,
            "calls": UNCAPPED,
            "calls_at_once": PLENTY,
            "range_numbers": PLENTY,
            "range_campaign": PLENTY,
            "short_calls": PLENTY,
            "budget_day": PLENTY * MILLION,
            "budget_month": PLENTY * MILLION,
            **rules,
        }
    )
    save_spending_rules(system_actor(workspace), made)
    return made


def open_rules(workspace: Workspace) -> Rules:
    return set_rules(workspace)


def capped(**caps: int) -> Caps:
    """Caps of which only these bind."""
    names = ("number_hour", "number_day", "agent_hour", "workspace_hour", "workspace_day")
    return Caps(**{name: caps.get(name, PLENTY) for name in names})
