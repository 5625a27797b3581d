from __future__ import annotations

from parley.accounts.models.api_key import ApiKey
from parley.accounts.models.audit import AuditEvent
from parley.accounts.models.base import WorkspaceModel, WorkspaceQuerySet
from parley.accounts.models.user import User
from parley.accounts.models.workspace import Membership, Workspace
from parley.accounts.roles import Role

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Membership",
    "Role",
    "User",
    "Workspace",
    "WorkspaceModel",
    "WorkspaceQuerySet",
]
