from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions._rows import checked_name, insert_agent
from agents.models import Agent
from agents.schema import NAME
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def duplicate_agent(actor: Actor, agent: Agent, *, name: str = "") -> Agent:
    """A new agent whose draft says what this one's draft says. Versions are not copied."""
    require(actor, Permission.EDIT_AGENT)
    source = Agent.objects.of(actor.workspace).select_related("draft").get(pk=agent.pk)
    if not name:
        suffix = _(" (copy)")
        name = source.name[: NAME.max_length - len(suffix)] + suffix
    copy = insert_agent(actor.workspace, checked_name(name), source.draft.content())
    audit(actor, "agent.duplicated", copy, source=source.public_id)
    return copy
