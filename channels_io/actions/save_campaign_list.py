"""A campaign's list: the file first, then what its columns are. The lines are read by a task."""

from __future__ import annotations

from functools import partial

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.campaigns.columns import ListMapping
from channels_io.campaigns.reasons import sheet_label
from channels_io.campaigns.sheet import BadSheet, read_sheet
from channels_io.messaging.wake import wake
from channels_io.models import Campaign, CampaignList
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

IMPORT_TASK = "channels_io.tasks.import_campaign_list"


def upload_campaign_list(actor: Actor, campaign: Campaign, *, file_name: str, content: bytes) -> CampaignList:
    """Instead of a file that waits. ValidationError with the code of `BadSheet`, or "campaign_running"."""
    require(actor, Permission.MANAGE_CHANNELS)
    try:
        next(read_sheet(content).rows(), None)
    except BadSheet as error:
        raise ValidationError(sheet_label(error.code, error.line), code=error.code) from error
    with transaction.atomic():
        row = _draft(campaign)
        CampaignList.objects.filter(campaign=row).delete()
        made: CampaignList = CampaignList.objects.create(
            campaign=row, file_name=clean_text(file_name, 200), content=content
        )
        audit(actor, "campaign.list_uploaded", row, name=row.name, bytes=len(content))
        return made


def map_campaign_list(actor: Actor, campaign: Campaign, mapping: ListMapping) -> None:
    """Its lines replace those the campaign had. ValidationError "list_missing", "campaign_running"."""
    require(actor, Permission.MANAGE_CHANNELS)
    with transaction.atomic():
        row = _draft(campaign)
        stored = msgspec.to_builtins(mapping)
        if not CampaignList.objects.filter(campaign=row).update(mapping=stored, problem=""):
            raise ValidationError(_("Upload the file again."), code="list_missing")
        audit(actor, "campaign.list_read", row, name=row.name)
        transaction.on_commit(partial(wake, IMPORT_TASK, row.pk))


def _draft(campaign: Campaign) -> Campaign:
    row: Campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state != Campaign.State.DRAFT:
        raise ValidationError(_("A campaign that has begun keeps its list."), code="campaign_running")
    return row
