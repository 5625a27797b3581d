from __future__ import annotations

from django.db import transaction

from agents.actions._rows import lock_agent, lock_draft, save_draft
from agents.models import CONTENT_FIELDS, Agent, Draft, Version
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def restore_version(actor: Actor, agent: Agent, version: Version) -> Draft:
    """Put what a version said back into the draft; it can be undone like any save. Callers notice
    nothing until the draft is published."""
    require(actor, Permission.EDIT_AGENT)
    agent = lock_agent(actor, agent)
    kept = agent.versions.get(pk=version.pk)
    draft = lock_draft(agent)
    values = {name: kept.draft[name] for name in CONTENT_FIELDS if name in kept.draft}
    saved = save_draft(draft, values, actor)
    audit(actor, "draft.restored", agent, version=kept.public_id, number=kept.number, fields=saved.changed)
    return draft
