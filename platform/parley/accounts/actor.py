"""Who acts, in which workspace, with which rights: what every action gets as its first argument."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.request import Request

from parley.accounts.models import ApiKey, Membership, Role, User, Workspace
from parley.accounts.roles import ROLE_PERMISSIONS, SCOPE_PERMISSIONS, Permission


@dataclass(frozen=True, slots=True)
class Actor:
    workspace: Workspace
    user: User | None = None
    api_key: ApiKey | None = None
    role: Role = Role.VIEWER
    """Of the member. An API key acts by its scopes, not by a role."""
    label: str = ""
    """As written into the audit trail."""

    @property
    def permissions(self) -> frozenset[Permission]:
        if self.api_key is None:
            return ROLE_PERMISSIONS[self.role]
        return frozenset().union(*(SCOPE_PERMISSIONS.get(scope, frozenset()) for scope in self.api_key.scopes))

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def system_actor(workspace: Workspace) -> Actor:
    """For what Parley does by itself: seeding, schedules, commands run on the machine."""
    return Actor(workspace=workspace, role=Role.OWNER, label="system")


def member_actor(membership: Membership) -> Actor:
    return Actor(
        workspace=membership.workspace,
        user=membership.user,
        role=Role(membership.role),
        label=membership.user.email,
    )


def actor_of(request: HttpRequest | Request) -> Actor:
    """The actor behind a request, page or API. PermissionDenied when nobody with a workspace is behind it."""
    key = getattr(request, "auth", None)
    if isinstance(key, ApiKey):
        return Actor(workspace=key.workspace, api_key=key, label=f"API key {key.name} (pk_{key.prefix})")
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        raise PermissionDenied(_("You belong to no workspace. Ask an owner to add you."))
    return member_actor(membership)
