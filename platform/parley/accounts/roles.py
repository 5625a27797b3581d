"""Roles, permissions and API scopes: three closed lists and how they map."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    BUILDER = "builder", _("Builder")
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")


class Permission(StrEnum):
    VIEW = "view"
    """Read everything of the workspace but secrets."""
    TALK = "talk"
    """Call and write to an agent from inside."""
    OPERATE = "operate"
    """Work in conversations: notes, tags, assign, answer messages, close."""
    LISTEN = "listen"
    """Hear a call while it is going on, and its recording afterwards."""
    TAKE_OVER = "take_over"
    """Whisper, say, take a conversation over and give it back, end it."""
    READ_NUMBERS = "read_numbers"
    """See telephone numbers and addresses of contacts whole."""
    REVEAL = "reveal"
    """See what was masked, one value at a time; each look is audited."""
    EDIT_AGENT = "edit_agent"
    PUBLISH_AGENT = "publish_agent"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_WORKSPACE = "manage_workspace"
    """People, roles, API keys, the workspace itself."""
    MANAGE_WEBHOOKS = "manage_webhooks"
    """Say which of the workspace's own systems are told what happens, and read what they were told."""
    EXPORT = "export"
    """Take conversations and recordings out."""


_OPERATOR: Final = frozenset(
    {
        Permission.VIEW,
        Permission.TALK,
        Permission.OPERATE,
        Permission.LISTEN,
        Permission.TAKE_OVER,
        Permission.READ_NUMBERS,
        Permission.EXPORT,
    }
)

ROLE_PERMISSIONS: Final = MappingProxyType(
    {
        Role.OWNER: frozenset(Permission),
        Role.BUILDER: _OPERATOR | {Permission.EDIT_AGENT, Permission.PUBLISH_AGENT, Permission.MANAGE_CHANNELS},
        Role.OPERATOR: _OPERATOR,
        Role.VIEWER: frozenset({Permission.VIEW}),
    }
)

SCOPE_PERMISSIONS: Final = MappingProxyType(
    {
        "agents:read": frozenset({Permission.VIEW}),
        "agents:write": frozenset({Permission.EDIT_AGENT, Permission.PUBLISH_AGENT}),
        "channels:read": frozenset({Permission.VIEW}),
        "channels:write": frozenset({Permission.MANAGE_CHANNELS}),
        "conversations:read": frozenset({Permission.VIEW, Permission.EXPORT, Permission.READ_NUMBERS}),
        "conversations:write": frozenset({Permission.TALK, Permission.OPERATE, Permission.TAKE_OVER}),
        "contacts:read": frozenset({Permission.VIEW, Permission.READ_NUMBERS}),
        "contacts:write": frozenset({Permission.OPERATE}),
        "campaigns:read": frozenset({Permission.VIEW, Permission.READ_NUMBERS}),
        "campaigns:write": frozenset({Permission.MANAGE_CHANNELS, Permission.OPERATE}),
        "webhooks:read": frozenset({Permission.MANAGE_WEBHOOKS}),
        "webhooks:write": frozenset({Permission.MANAGE_WEBHOOKS}),
    }
)
"""What an API key with this scope may do. No scope manages people or keys: a key cannot make itself stronger."""

SCOPE_LABELS: Final = MappingProxyType(
    {
        "agents:read": _("Read agents and their versions"),
        "agents:write": _("Change and publish agents"),
        "channels:read": _("Read channels"),
        "channels:write": _("Change channels"),
        "conversations:read": _("Read and export conversations"),
        "conversations:write": _("Talk to agents and work in conversations"),
        "contacts:read": _("Read people and what is known of them"),
        "contacts:write": _("Change people and what is known of them"),
        "campaigns:read": _("Read campaigns and their results"),
        "campaigns:write": _("Make, start and stop campaigns"),
        "webhooks:read": _("Read webhooks and what they were told"),
        "webhooks:write": _("Change webhooks and send events again"),
    }
)


def scope_choices() -> list[tuple[str, StrOrPromise]]:
    """Of the database's field: a function, so that another scope needs no migration."""
    return list(SCOPE_LABELS.items())
