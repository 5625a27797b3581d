from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions._rows import checked_name, insert_agent
from agents.errors import EditRefused
from agents.models import Agent
from agents.problems import Problem
from agents.starters import STARTERS
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def create_agent(actor: Actor, name: str, *, starter: str = "blank", slug: str = "") -> Agent:
    """A new agent with an unpublished draft, filled from a starter. Raises EditRefused."""
    require(actor, Permission.EDIT_AGENT)
    if starter not in STARTERS:
        message = _("There is no template “%(key)s”. Choose one from the list.") % {"key": starter[:40]}
        raise EditRefused([Problem("", "starter", "starter_unknown", message)])
    agent = insert_agent(actor.workspace, checked_name(name), STARTERS[starter].content, slug=slug)
    audit(actor, "agent.created", agent, name=agent.name, starter=starter)
    return agent
