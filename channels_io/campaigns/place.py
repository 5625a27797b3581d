"""One line of a campaign is called or written to. Under the same key that happens once, however often it is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from channels_io.actions.find_contact import find_contact
from channels_io.actions.place_call import place_call
from channels_io.actions.queue_message import queue_message
from channels_io.campaigns.channels import is_call
from channels_io.campaigns.finish import finish, refuse
from channels_io.campaigns.plan import Plan
from channels_io.campaigns.texts import NothingToSay, call_plan, message_of, values_of
from channels_io.guards.errors import NotAllowed
from channels_io.models import Campaign, CampaignEntry, Contact, MessageTemplate
from channels_io.reads.threads import thread_for

LOOK_AGAIN = timedelta(minutes=10)
"""When a result that nobody brought is looked for."""


def place(campaign: Campaign, plan: Plan, entry: CampaignEntry, now: datetime) -> bool:
    """Try the line, which is leased. False when the workspace's limits hold up the campaign as a whole."""
    contact = find_contact(campaign.workspace, [("phone", entry.address)], name=entry.name)
    try:
        if is_call(campaign.channel):
            place_call(
                campaign.channel,
                entry.address,
                key=entry.key,
                plan=call_plan(campaign, plan, entry),
                contact=contact,
                entry=entry,
            )
        else:
            _write(campaign, plan, entry, contact)
    except NotAllowed as refused:
        return refuse(entry, refused.code, now, retry_after=refused.retry_after)
    except NothingToSay:
        finish(entry, "failed", now, reason="plan_broken")
        return True
    CampaignEntry.objects.filter(pk=entry.pk, key=entry.key, state=CampaignEntry.State.RUNNING).update(
        attempts=F("serial") - F("refusals"), contact=contact, lease_until=now + LOOK_AGAIN
    )
    return True


def _write(campaign: Campaign, plan: Plan, entry: CampaignEntry, contact: Contact) -> None:
    """Raises NothingToSay."""
    template = None
    if plan.template:
        template = MessageTemplate.objects.of(campaign.workspace).filter(public_id=plan.template).first()
        if template is None:
            raise NothingToSay("The template is gone.")
    content = message_of(plan, template, values_of(entry))
    with transaction.atomic():
        thread = thread_for(campaign.channel, entry.address, contact)
        queue_message(thread=thread, content=content, key=entry.key)
