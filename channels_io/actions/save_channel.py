"""Create or change a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.models import Agent, Version
from channels_io import registry, splits
from channels_io.message_settings import MessageSettings
from channels_io.models import Account, Channel, MessageTemplate
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
    account: Account | None = None,
    address: str = "",
    enabled: bool = True,
) -> Channel:
    """ValidationError by field.

    code: name_taken, name_missing, agent_archived, agent_foreign, version_foreign, split_invalid, setting_unknown,
    setting_invalid, account_foreign, account_missing, number_invalid, number_taken.
    """
    channel = Channel(
        workspace=actor.workspace, kind=kind, name=name, agent=agent, version=version, account=account, enabled=enabled
    )
    channel.address = address
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
    account: Account | None = None,
    address: str = "",
) -> Channel:
    """Change all of it; no account and no address: these stay. Conversations that run now go on with what they began with."""
    channel.name, channel.agent, channel.version, channel.enabled = name, agent, version, enabled
    channel.account = account or channel.account
    channel.address = address or channel.address
    return _save(actor, channel, "channel.edited", settings)


def delete_channel(actor: Actor, channel: Channel) -> None:
    """Its conversations stay; pages that still embed it are answered with "not found", and webhooks are refused."""
    require(actor, Permission.MANAGE_CHANNELS)
    with transaction.atomic():
        audit(actor, "channel.deleted", channel, name=channel.name, kind=channel.kind)
        channel.delete()


def _save(actor: Actor, channel: Channel, verb: str, settings: Mapping[str, Any]) -> Channel:
    require(actor, Permission.MANAGE_CHANNELS)
    _check(actor, channel)
    _check_address(actor, channel)
    channel.name = clean_text(channel.name, 120).strip()
    channel.settings = clean_json(_checked_settings(channel, settings))
    try:
        with transaction.atomic():
            channel.save()
            if MessageSettings.of(channel.settings).default:
                _take_default(channel)
            audit(actor, verb, channel, name=channel.name, kind=channel.kind, enabled=channel.enabled)
    except IntegrityError as error:
        if "channels_io_channel_address_once" in str(error):
            raise _taken() from error
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


def _check_address(actor: Actor, channel: Channel) -> None:
    """Of kinds that stand on a carrier; `channel.address` is brought into its one form."""
    provider = registry.provider_of(channel.kind)
    account = channel.account
    if not provider:
        if account is not None or channel.address:
            message = _("A channel of this kind has no account and no number.")
            raise ValidationError({"account": ValidationError(message, code="account_foreign")})
        return
    if account is None:
        message = _("Choose the account that the number belongs to.")
        raise ValidationError({"account": ValidationError(message, code="account_missing")})
    if account.workspace_id != actor.workspace.pk or account.provider != provider:
        message = _("Choose an account of this workspace, with the right provider.")
        raise ValidationError({"account": ValidationError(message, code="account_foreign")})
    try:
        channel.address = registry.setup_of(channel.kind, account).clean_address(channel.address)
    except ValidationError as error:
        raise ValidationError({"address": error}) from error
    same = Channel.objects.of(actor.workspace).filter(kind=channel.kind, address=channel.address)
    if same.filter(account__simulated=account.simulated).exclude(pk=channel.pk).exists():
        raise _taken()


def _taken() -> ValidationError:
    message = _("Another channel has this number already.")
    return ValidationError({"address": ValidationError(message, code="number_taken")})


def _checked_settings(channel: Channel, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The kind's own settings, and the split that every kind may have. The widget's are checked where they are read."""
    own = {name: value for name, value in sent.items() if name != splits.KEY}
    if registry.provider_of(channel.kind):
        own = registry.checked_settings(channel.kind, own)
        _check_template(channel, own.get("template", ""))
    if not sent.get(splits.KEY):
        return own
    try:
        return {**own, splits.KEY: splits.checked_split(channel.agent, sent[splits.KEY])}
    except ValidationError as error:
        raise ValidationError({splits.KEY: error}) from error


def _check_template(channel: Channel, public_id: str) -> None:
    known = MessageTemplate.objects.filter(account=channel.account, public_id=public_id)
    if public_id and not known.exists():
        message = _("Choose a template of the channel's account.")
        raise ValidationError({"template": ValidationError(message, code="template_foreign")})


def _take_default(channel: Channel) -> None:
    """One default for each way of writing: the newest wins."""
    scope = registry.scope_of(channel)
    others = Channel.objects.select_for_update().of(channel.workspace).exclude(pk=channel.pk)
    for other in others.exclude(account=None):
        if other.settings.get("default") and registry.scope_of(other) == scope:
            other.settings = {**other.settings, "default": False}
            other.save(update_fields=["settings", "updated_at"])
