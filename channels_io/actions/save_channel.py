"""Create or change a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.models import Agent, Version
from channels_io.models import Channel
from channels_io.sanitize import clean_json, clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def create_channel(
    actor: Actor,
    *,
    kind: str,
    name: str,
    agent: Agent,
    version: Version | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Channel:
    """A new, enabled channel. ValidationError (code "name_taken", "agent_archived", "version_foreign")."""
    channel = Channel(workspace=actor.workspace, kind=kind, name=name, agent=agent, version=version)
    return _save(actor, channel, "channel.created", settings or {})


def edit_channel(
    actor: Actor,
    channel: Channel,
    *,
    name: str,
    agent: Agent,
    version: Version | None,
    settings: Mapping[str, Any],
    enabled: bool,
) -> Channel:
    """Change all of it. Conversations that run now go on with what they began with."""
    channel.name, channel.agent, channel.version, channel.enabled = name, agent, version, enabled
    return _save(actor, channel, "channel.edited", settings)


def delete_channel(actor: Actor, channel: Channel) -> None:
    """Its conversations stay; pages that still embed it are answered with "not found"."""
    require(actor, Permission.MANAGE_CHANNELS)
    with transaction.atomic():
        audit(actor, "channel.deleted", channel, name=channel.name, kind=channel.kind)
        channel.delete()


def _save(actor: Actor, channel: Channel, verb: str, settings: Mapping[str, Any]) -> Channel:
    require(actor, Permission.MANAGE_CHANNELS)
    _check(actor, channel)
    channel.name = clean_text(channel.name, 120).strip()
    channel.settings = clean_json(settings)
    try:
        with transaction.atomic():
            channel.save()
            audit(actor, verb, channel, name=channel.name, kind=channel.kind, enabled=channel.enabled)
    except IntegrityError as error:
        raise ValidationError(
            {"name": ValidationError(_("Another channel has this name."), code="name_taken")}
        ) from error
    return channel


def _check(actor: Actor, channel: Channel) -> None:
    if actor.workspace.pk != channel.workspace_id or channel.agent.workspace_id != channel.workspace_id:
        raise ValidationError({"agent": ValidationError(_("Choose an agent of this workspace."), code="agent_foreign")})
    if channel.agent.is_archived:
        raise ValidationError({"agent": ValidationError(_("This agent is archived."), code="agent_archived")})
    if channel.version is not None and channel.version.agent_id != channel.agent.pk:
        raise ValidationError(
            {"version": ValidationError(_("Choose a version of the chosen agent."), code="version_foreign")}
        )
    if not channel.name.strip():
        raise ValidationError({"name": ValidationError(_("Give the channel a name."), code="name_missing")})
