from __future__ import annotations

from django.db import transaction

from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require


@transaction.atomic
def edit_workspace(actor: Actor, *, name: str, timezone: str) -> Workspace:
    """Rename the actor's workspace or move its clock. Raises ValidationError, PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    workspace = Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
    before = {"name": workspace.name, "timezone": workspace.timezone}
    workspace.name, workspace.timezone = name.strip(), timezone
    workspace.full_clean()
    workspace.save()
    audit(actor, "workspace.edited", workspace, before=before, name=workspace.name, timezone=workspace.timezone)
    return workspace
