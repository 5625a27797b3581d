"""Which lines of a campaign are to be tried now: taken by one runner each, and marked before anything is dialled."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from channels_io.campaigns.channels import is_call
from channels_io.campaigns.plan import Plan
from channels_io.campaigns.windows import NeverOpen, next_common_moment
from channels_io.campaigns.zones import zones_of_number
from channels_io.models import Campaign, CampaignEntry

LEASE: Final = timedelta(minutes=2)
"""A line whose runner has not come back by then is looked at again, under the same key."""
BEAT: Final = 5.0
"""Seconds between two looks at a campaign."""
MOST: Final = 100
"""Lines taken in one look."""
State = CampaignEntry.State


def lease_entries(campaign_id: int, plan: Plan, now: datetime, free_lines: Callable[[], int]) -> list[CampaignEntry]:
    """Lines that are now this runner's, in the state RUNNING and with the key of their next attempt."""
    with transaction.atomic():
        campaign = (
            Campaign.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("channel", "workspace")
            .filter(pk=campaign_id, state=Campaign.State.RUNNING)
            .first()
        )
        if campaign is None or (campaign.held_until is not None and campaign.held_until > now):
            return []
        due = CampaignEntry.objects.filter(campaign=campaign, state=State.WAITING, due_at__lte=now)
        _wait_for_windows(due, plan, now)
        room = room_for(campaign, plan, now, free_lines) if due.exists() else 0
        if room <= 0:
            return []
        taken = []
        for entry in due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "line")[: room + MOST]:
            if not entry.zone and not _suits(campaign, entry, plan, now):
                continue
            _take(campaign, entry, now)
            taken.append(entry)
            if len(taken) == room:
                break
        CampaignEntry.objects.bulk_update(taken, ["state", "serial", "key", "tried_at", "lease_until"])
        return taken


def room_for(campaign: Campaign, plan: Plan, now: datetime, free_lines: Callable[[], int]) -> int:
    """How many may begin in this look, at the plan's pace, for its calls at once and its reserve."""
    entries = CampaignEntry.objects.filter(campaign=campaign)
    lately = entries.filter(tried_at__gt=now - timedelta(minutes=1)).count()
    room = min(MOST, plan.per_minute - lately, math.ceil(plan.per_minute * BEAT / 60))
    if not is_call(campaign.channel):
        return room
    room = min(room, plan.at_once - entries.filter(state=State.RUNNING).count())
    return min(room, free_lines() - plan.reserve) if room > 0 else 0


def zones_of(campaign: Campaign, entry: CampaignEntry) -> tuple[str, ...]:
    """Every clock that may be the person's; the workspace's where nothing is known."""
    return (entry.zone,) if entry.zone else zones_of_number(entry.address) or (campaign.workspace.timezone,)


def _wait_for_windows(due: QuerySet[CampaignEntry], plan: Plan, now: datetime) -> None:
    """Lines of zones where it is not the time wait until it is: one statement a zone, however long the list."""
    for zone in list(due.exclude(zone="").order_by().values_list("zone", flat=True).distinct()):
        try:
            moment = next_common_moment(now, (zone,), plan.windows)
        except NeverOpen:
            due.filter(zone=zone).update(state=State.SKIPPED, reason="never_open", due_at=None)
            continue
        if moment > now:
            due.filter(zone=zone).update(due_at=moment)


def _suits(campaign: Campaign, entry: CampaignEntry, plan: Plan, now: datetime) -> bool:
    try:
        moment = next_common_moment(now, zones_of(campaign, entry), plan.windows)
    except NeverOpen:
        entry.state, entry.reason, entry.due_at = State.SKIPPED, "never_open", None
        entry.save(update_fields=["state", "reason", "due_at", "changed_at"])
        return False
    if moment > now:
        entry.due_at = moment
        entry.save(update_fields=["due_at", "changed_at"])
    return moment <= now


def _take(campaign: Campaign, entry: CampaignEntry, now: datetime) -> None:
    entry.state = State.RUNNING
    entry.serial += 1
    entry.key = f"campaign:{campaign.public_id}:{entry.line}:{entry.serial}"
    entry.tried_at, entry.lease_until = now, now + LEASE
