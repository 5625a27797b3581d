"""Make a campaign, or change one that does not run."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.models import Version
from channels_io.campaigns.channels import is_call, is_message
from channels_io.campaigns.plan import Plan, as_json
from channels_io.campaigns.texts import slots_of
from channels_io.models import Campaign, Channel, MessageTemplate
from channels_io.sanitize import clean_json, clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def create_campaign(actor: Actor, *, name: str, channel: Channel, version: Version | None, plan: Plan) -> Campaign:
    """A draft without a list. ValidationError by field ("name_taken", "channel_foreign", "text_missing" ...)."""
    campaign = Campaign(workspace=actor.workspace, name=name, channel=channel, version=version)
    return _save(actor, campaign, plan, "campaign.created")


def edit_campaign(
    actor: Actor, campaign: Campaign, *, name: str, channel: Channel, version: Version | None, plan: Plan
) -> Campaign:
    """All of it but its list. While it runs it cannot be changed: code "campaign_running"."""
    with transaction.atomic():
        locked: Campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if locked.state in (Campaign.State.RUNNING, Campaign.State.DONE):
            raise ValidationError(_("Pause the campaign before you change it."), code="campaign_running")
        if locked.state != Campaign.State.DRAFT and locked.channel_id != channel.pk:
            raise ValidationError(
                {"channel": ValidationError(_("A campaign that has begun keeps its channel."), code="channel_kept")}
            )
        locked.name, locked.channel, locked.version = name, channel, version
        return _save(actor, locked, plan, "campaign.edited")


def _save(actor: Actor, campaign: Campaign, plan: Plan, verb: str) -> Campaign:
    require(actor, Permission.MANAGE_CHANNELS)
    campaign.name = clean_text(campaign.name, 120).strip()
    _check(actor, campaign, plan)
    campaign.plan = clean_json(as_json(plan))
    try:
        with transaction.atomic():
            campaign.save()
            audit(actor, verb, campaign, name=campaign.name)
    except IntegrityError as error:
        raise ValidationError(
            {"name": ValidationError(_("Another campaign has this name."), code="name_taken")}
        ) from error
    return campaign


def _check(actor: Actor, campaign: Campaign, plan: Plan) -> None:
    channel, version = campaign.channel, campaign.version
    if campaign.workspace_id != actor.workspace.pk or channel.workspace_id != actor.workspace.pk:
        raise _wrong("channel", _("Choose a channel of this workspace."), "channel_foreign")
    if not is_call(channel) and not is_message(channel):
        raise _wrong("channel", _("This channel can neither call nor write first."), "channel_silent")
    if version is not None and version.agent_id != channel.agent_id:
        raise _wrong("version", _("Choose a version of the channel's agent."), "version_foreign")
    if not campaign.name:
        raise _wrong("name", _("Give the campaign a name."), "name_missing")
    if is_call(channel):
        if plan.machine == "message" and not plan.machine_message.strip():
            raise _wrong("machine_message", _("Write what is to be said after the beep."), "text_missing")
        return
    if not plan.template:
        if not plan.text.strip():
            raise _wrong("text", _("Write the message, or choose a template."), "text_missing")
        return
    template = MessageTemplate.objects.of(actor.workspace).filter(public_id=plan.template).first()
    if template is None or template.account_id != channel.account_id:
        raise _wrong("template", _("Choose a template of this channel's account."), "template_foreign")
    if len([value for value in plan.values if value.strip()]) < slots_of(template):
        text = _("The template has %(count)d places to fill. Write one line for each.") % {"count": slots_of(template)}
        raise _wrong("values", text, "values_missing")


def _wrong(field: str, text: str, code: str) -> ValidationError:
    return ValidationError({field: ValidationError(text, code=code)})
