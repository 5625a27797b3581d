"""Steps that several actions share: locking an agent's rows, recording a save, naming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from agents.errors import AgentArchived, EditRefused
from agents.fields import Refused
from agents.flow_field import FLOW
from agents.models import Agent, Draft, DraftSave
from agents.models.draft_save import KEPT_SAVES
from agents.problems import Problem
from agents.schema import NAME
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace

JOIN_SECONDS = 10
"""Saves of one field by one person within this time are one undo step."""


def lock_agent(actor: Actor, agent: Agent, *, archived_too: bool = False) -> Agent:
    """The agent's row, locked until the transaction ends; of the actor's workspace only."""
    locked: Agent = Agent.objects.of(actor.workspace).select_for_update().get(pk=agent.pk)
    if locked.is_archived and not archived_too:
        raise AgentArchived(_("“%(name)s” is archived. Restore it before you change it.") % {"name": locked.name})
    return locked


def lock_draft(agent: Agent) -> Draft:
    return Draft.objects.select_for_update().select_related("agent", "agent__workspace").get(agent=agent)


def checked_name(name: str) -> str:
    """The name cleaned. Raises EditRefused when nothing is left or it is too long."""
    try:
        stored = NAME.store(name)
    except Refused as refused:
        raise EditRefused([Problem("", "name", refused.code, refused.message)]) from refused
    findings = list(NAME.check(stored.value))
    if findings:
        raise EditRefused([Problem("", "name", code, message) for code, message in findings])
    return str(stored.value)


def free_slug(workspace: Workspace, name: str) -> str:
    """A slug from the name that no agent of the workspace has. Call it with the workspace's row locked."""
    base = slugify(name)[:50].strip("-") or "agent"
    taken = set(Agent.objects.of(workspace).filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)


def insert_agent(workspace: Workspace, name: str, content: Mapping[str, Any], *, slug: str = "") -> Agent:
    """A new agent with its draft; the workspace's row is locked so that slugs cannot collide."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("insert_agent needs a transaction")
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    agent: Agent = Agent.objects.create(workspace=workspace, name=name, slug=slug or free_slug(workspace, name))
    Draft.objects.create(agent=agent, **{**content, FLOW.name: FLOW.store(content.get(FLOW.name)).value})
    return agent


@dataclass(frozen=True, slots=True)
class Saved:
    """`changed` fields got another value; `new_step` is False when the save joined the undo step before."""

    changed: list[str]
    new_step: bool = False


def save_draft(draft: Draft, changes: Mapping[str, Any], actor: Actor) -> Saved:
    """Write the values that differ and keep what was there for undo."""
    changed = [name for name, value in changes.items() if getattr(draft, name) != value]
    if not changed:
        return Saved([])
    before = {name: getattr(draft, name) for name in changed}
    for name in changed:
        setattr(draft, name, changes[name])
    draft.revision += 1
    draft.save(update_fields=[*changed, "revision", "updated_at"])
    return Saved(changed, _keep_step(draft, before, actor))


def _keep_step(draft: Draft, before: dict[str, Any], actor: Actor) -> bool:
    """Keep the values before a save, as a step of its own (True) or as part of the last one."""
    now = timezone.now()
    last = draft.saves.first()
    if (
        last is not None
        and last.saved_by == actor.user
        and last.last_revision == draft.revision - 1
        and last.changed == list(before)
        and now - last.saved_at < timedelta(seconds=JOIN_SECONDS)
    ):
        last.last_revision = draft.revision
        last.saved_at = now
        last.save(update_fields=["last_revision", "saved_at"])
        return False
    DraftSave.objects.create(
        draft=draft,
        first_revision=draft.revision - 1,
        last_revision=draft.revision,
        changed=list(before),
        before=before,
        saved_by=actor.user,
        saved_at=now,
    )
    kept = list(draft.saves.values_list("pk", flat=True)[:KEPT_SAVES])
    draft.saves.exclude(pk__in=kept).delete()
    return True
