from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from agents.actions._rows import lock_agent
from agents.models import Agent
from agents.tasks import warm_workers
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def archive_agent(actor: Actor, agent: Agent) -> Agent:
    """Take the agent out of service: no calls, no edits, out of the list. Nothing is deleted."""
    require(actor, Permission.PUBLISH_AGENT)
    agent = lock_agent(actor, agent, archived_too=True)
    if not agent.is_archived:
        agent.archived_at = timezone.now()
        agent.save(update_fields=["archived_at", "updated_at"])
        audit(actor, "agent.archived", agent)
        transaction.on_commit(warm_workers.delay, robust=True)
    return agent
