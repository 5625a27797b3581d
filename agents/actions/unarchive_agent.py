from __future__ import annotations

from django.db import transaction

from agents.actions._rows import lock_agent
from agents.models import Agent
from agents.tasks import warm_workers
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def unarchive_agent(actor: Actor, agent: Agent) -> Agent:
    """Bring an archived agent back as it was, with the version it had published."""
    require(actor, Permission.PUBLISH_AGENT)
    agent = lock_agent(actor, agent, archived_too=True)
    if agent.is_archived:
        agent.archived_at = None
        agent.save(update_fields=["archived_at", "updated_at"])
        audit(actor, "agent.unarchived", agent)
        transaction.on_commit(warm_workers.delay, robust=True)
    return agent
