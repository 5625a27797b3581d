from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions._rows import lock_agent, lock_draft
from agents.actions.edit_draft import Edited
from agents.errors import NothingToUndo, StaleDraft
from agents.models import Agent
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def undo_edit(actor: Actor, agent: Agent, *, revision: int) -> Edited:
    """Take the last kept save back. Raises NothingToUndo, or StaleDraft when `revision` is old."""
    require(actor, Permission.EDIT_AGENT)
    lock_agent(actor, agent)
    draft = lock_draft(agent)
    if revision != draft.revision:
        raise StaleDraft(draft, {}, _("Somebody else saved this draft meanwhile. Look at it before you undo."))
    last = draft.saves.first()
    if last is None:
        raise NothingToUndo(_("There is no earlier save to go back to."))
    for name, value in last.before.items():
        setattr(draft, name, value)
    draft.revision += 1
    draft.save(update_fields=[*last.before, "revision", "updated_at"])
    changed = list(last.before)
    last.delete()
    audit(actor, "draft.undone", draft.agent, fields=changed, revision=draft.revision)
    return Edited(draft, changed, [])
