from __future__ import annotations

from django.db import transaction

from agents.actions._rows import checked_name, lock_agent
from agents.models import Agent
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def rename_agent(actor: Actor, agent: Agent, name: str) -> Agent:
    """Change the name your team sees. The slug stays. Raises EditRefused."""
    require(actor, Permission.EDIT_AGENT)
    name = checked_name(name)
    agent = lock_agent(actor, agent)
    if agent.name != name:
        before, agent.name = agent.name, name
        agent.save(update_fields=["name", "updated_at"])
        audit(actor, "agent.renamed", agent, before=before, after=name)
    return agent
