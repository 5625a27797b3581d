"""May this actor do that? One question, asked by every action."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from parley.accounts.actor import Actor
from parley.accounts.roles import ROLE_PERMISSIONS, SCOPE_PERMISSIONS, Permission

__all__ = ["ROLE_PERMISSIONS", "SCOPE_PERMISSIONS", "Permission", "require"]


def require(actor: Actor, permission: Permission) -> None:
    """Raise PermissionDenied (403) unless the actor may."""
    if not actor.may(permission):
        raise PermissionDenied(_("Your role in this workspace does not allow this. Ask an owner of the workspace."))
