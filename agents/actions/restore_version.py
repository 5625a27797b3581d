from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions._rows import lock_agent, lock_draft, save_draft
from agents.errors import StaleDraft
from agents.models import CONTENT_FIELDS, OLDER, Agent, Draft, Version
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def restore_version(actor: Actor, agent: Agent, version: Version, *, revision: int | None = None) -> Draft:
    """Put what a version said back into the draft; it can be undone like any save. Callers notice
    nothing until the draft is published.

    `revision`, when given, is the draft that whoever restores has seen: a newer one raises StaleDraft.
    """
    require(actor, Permission.EDIT_AGENT)
    agent = lock_agent(actor, agent)
    kept = agent.versions.get(pk=version.pk)
    draft = lock_draft(agent)
    if revision is not None and revision != draft.revision:
        raise StaleDraft(draft, {}, _("Somebody else saved this draft meanwhile. Look at it before you restore."))
    said = {**OLDER, **kept.draft}
    values = {name: said[name] for name in CONTENT_FIELDS if name in said}
    saved = save_draft(draft, values, actor)
    audit(actor, "draft.restored", agent, version=kept.public_id, number=kept.number, fields=saved.changed)
    return draft
