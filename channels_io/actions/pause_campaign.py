"""Hold a campaign, or end it. Calls that are being made go on to their end."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.models import Campaign, CampaignEntry
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def pause_campaign(actor: Actor, campaign: Campaign) -> Campaign:
    """Nothing more is begun until it is started again. Not running: nothing happens."""
    require(actor, Permission.OPERATE)
    row: Campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state == Campaign.State.RUNNING:
        row.state, row.reason, row.held_until = Campaign.State.PAUSED, "", None
        row.save(update_fields=["state", "reason", "held_until", "updated_at"])
        audit(actor, "campaign.paused", row, name=row.name)
    return row


@transaction.atomic
def end_campaign(actor: Actor, campaign: Campaign) -> Campaign:
    """For good: whoever was not tried yet is left out. ValidationError "campaign_state" for a draft."""
    require(actor, Permission.OPERATE)
    row: Campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state == Campaign.State.DRAFT:
        raise ValidationError(_("This campaign has not begun."), code="campaign_state")
    if row.state == Campaign.State.DONE:
        return row
    now = timezone.now()
    waiting = CampaignEntry.objects.filter(campaign=row, state=CampaignEntry.State.WAITING)
    waiting.filter(attempts=0).update(state=CampaignEntry.State.SKIPPED, reason="ended", due_at=None, changed_at=now)
    waiting.update(state=CampaignEntry.State.FAILED, due_at=None, changed_at=now)
    row.state, row.reason, row.ended_at, row.held_until = Campaign.State.DONE, "", now, None
    row.save(update_fields=["state", "reason", "ended_at", "held_until", "updated_at"])
    audit(actor, "campaign.ended", row, name=row.name)
    return row
