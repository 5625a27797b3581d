"""Let a campaign run: for the first time, after a pause, or after its breaker stopped it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.models import Campaign, CampaignEntry
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

STARTABLE = (Campaign.State.DRAFT, Campaign.State.PAUSED, Campaign.State.STOPPED)


@transaction.atomic
def start_campaign(actor: Actor, campaign: Campaign) -> Campaign:
    """It begins within seconds, where the hour suits. ValidationError: "campaign_empty", "campaign_state", "channel_off",
    "not_published". Running already: nothing happens."""
    require(actor, Permission.MANAGE_CHANNELS)
    row: Campaign = (
        Campaign.objects.select_for_update(of=("self",)).select_related("channel__agent__published").get(pk=campaign.pk)
    )
    if row.state == Campaign.State.RUNNING:
        return row
    if row.state not in STARTABLE:
        raise ValidationError(_("This campaign is over. Make a new one."), code="campaign_state")
    if not row.channel.enabled:
        raise ValidationError(_("Its channel is switched off."), code="channel_off")
    if row.version is None and row.channel.running is None:
        raise ValidationError(_("Publish the channel's agent first."), code="not_published")
    waiting = CampaignEntry.objects.filter(campaign=row, state=CampaignEntry.State.WAITING)
    if not waiting.exists() and not CampaignEntry.objects.filter(campaign=row, state="running").exists():
        raise ValidationError(_("Upload a list with at least one person first."), code="campaign_empty")
    now = timezone.now()
    waiting.filter(due_at=None).update(due_at=now)
    verb = "campaign.started" if row.state == Campaign.State.DRAFT else "campaign.resumed"
    row.state, row.reason, row.started_at, row.held_until = Campaign.State.RUNNING, "", now, None
    row.save(update_fields=["state", "reason", "started_at", "held_until", "updated_at"])
    audit(actor, verb, row, name=row.name)
    return row
