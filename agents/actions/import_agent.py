from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions._rows import checked_name, insert_agent, lock_agent, lock_draft, save_draft
from agents.actions.edit_draft import Edited, read_changes
from agents.errors import StaleDraft
from agents.exchange import AgentFile
from agents.models import Agent
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def import_agent(actor: Actor, file: AgentFile) -> Agent:
    """A new agent, unpublished, whose draft says what the file says. Raises EditRefused."""
    require(actor, Permission.EDIT_AGENT)
    content, _notices = read_changes(file.content)
    agent = insert_agent(actor.workspace, checked_name(file.name), content)
    audit(actor, "agent.imported", agent, name=agent.name)
    return agent


@transaction.atomic
def import_draft(actor: Actor, agent: Agent, file: AgentFile, *, revision: int) -> Edited:
    """Put what the file says into the draft; what it does not mention stays. It can be undone like any save.

    Raises EditRefused, and StaleDraft when `revision` is not the draft's.
    """
    require(actor, Permission.EDIT_AGENT)
    content, notices = read_changes(file.content)
    lock_agent(actor, agent)
    draft = lock_draft(agent)
    if revision != draft.revision:
        raise StaleDraft(draft, {}, _("Somebody else saved this draft meanwhile. Look at it before you import."))
    saved = save_draft(draft, content, actor)
    audit(actor, "draft.imported", draft.agent, fields=saved.changed, revision=draft.revision)
    return Edited(draft, saved.changed, notices)
