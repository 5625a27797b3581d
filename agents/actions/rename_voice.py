from __future__ import annotations

from django.db import transaction

from agents.actions.add_voice import free_name
from agents.models import ClonedVoice
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require


@transaction.atomic
def rename_voice(actor: Actor, voice: ClonedVoice, name: str) -> None:
    """Agents name it by its sample: they go on with it. Raises ToolRefused."""
    require(actor, Permission.EDIT_AGENT)
    Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
    kept, before = free_name(actor.workspace, name, voice), voice.name
    if kept == before:
        return
    voice.name = kept
    voice.save(update_fields=["name", "updated_at"])
    audit(actor, "voice.renamed", voice, name=kept, before=before)
