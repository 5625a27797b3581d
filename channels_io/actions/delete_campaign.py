"""Take a campaign away, with its list. Conversations that came of it stay."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.models import Campaign
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def delete_campaign(actor: Actor, campaign: Campaign) -> None:
    """ValidationError "campaign_running": pause it first."""
    require(actor, Permission.MANAGE_CHANNELS)
    row: Campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state == Campaign.State.RUNNING:
        raise ValidationError(_("Pause the campaign before you delete it."), code="campaign_running")
    audit(actor, "campaign.deleted", row, name=row.name)
    row.delete()
