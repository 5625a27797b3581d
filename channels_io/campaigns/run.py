"""The runner: beat wakes it every few seconds, and every part of it may be killed and done again.

What has to hold is in PostgreSQL: a line is leased under a key, and whoever dials or sends does that once a key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.raise_alert import raise_alert
from channels_io.campaigns.capacity import free_lines
from channels_io.campaigns.channels import is_call
from channels_io.campaigns.finish import finish
from channels_io.campaigns.lease import lease_entries
from channels_io.campaigns.place import LOOK_AGAIN, place
from channels_io.campaigns.plan import Plan, load_plan
from channels_io.campaigns.results import call_ended, take_message_results
from channels_io.campaigns.retries import is_broken
from channels_io.models import Campaign, CampaignEntry, CampaignList, OutboundMessage, PhoneCall

logger = logging.getLogger(__name__)

RECEIPTS = timedelta(days=3)
"""So long after its end a campaign's messages may still be delivered and read."""
FORGOTTEN = timedelta(hours=2)
"""After its longest time: a call whose end nobody told has failed."""
State = CampaignEntry.State


def campaigns_to_run(now: datetime | None = None) -> list[int]:
    """Those that run, and those whose messages are still on their way."""
    now = now or timezone.now()
    running = Campaign.objects.filter(state=Campaign.State.RUNNING)
    others = Campaign.objects.exclude(state__in=(Campaign.State.RUNNING, Campaign.State.DRAFT))
    settling = others.filter(entries__state=State.RUNNING).distinct()
    done = others.filter(ended_at__gt=now - RECEIPTS)
    return sorted({campaign.pk for rows in (running, settling, done) for campaign in rows})


def lists_to_import() -> list[int]:
    return list(CampaignList.objects.filter(mapping__isnull=False).values_list("campaign", flat=True))


def run_campaign(campaign_id: int, now: datetime | None = None, room: Callable[[], int] = free_lines) -> int:
    """One look at a campaign: how many lines were begun. `room`: calls the speech workers can take."""
    now = now or timezone.now()
    campaign = Campaign.objects.select_related("channel__account", "version", "workspace").get(pk=campaign_id)
    try:
        plan = load_plan(campaign.plan)
    except msgspec.ValidationError:
        stop(campaign, "plan_broken")
        return 0
    take_results(campaign, plan, now)
    if campaign.state != Campaign.State.RUNNING or _breaks(campaign, plan):
        return 0
    begun = 0
    taken = lease_entries(campaign_id, plan, now, room)
    for place_in_row, entry in enumerate(taken):
        if not place(campaign, plan, entry, now):
            _give_back(taken[place_in_row + 1 :])
            break
        begun += 1
    _end_if_done(campaign, now)
    return begun


def take_results(campaign: Campaign, plan: Plan, now: datetime) -> None:
    """What ended without our being told, and what was leased by a runner that is gone."""
    if not is_call(campaign.channel):
        take_message_results(campaign, now)
    lost = CampaignEntry.objects.filter(campaign=campaign, state=State.RUNNING, lease_until__lt=now)
    for entry in lost.order_by("lease_until")[:100]:
        _look_after(campaign, plan, entry, now)


def stop(campaign: Campaign, code: str) -> None:
    """By Parley itself: nothing more is begun, and the people of the workspace are told."""
    if Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.RUNNING).update(
        state=Campaign.State.STOPPED, reason=code, updated_at=timezone.now()
    ):
        logger.warning("Campaign %s was stopped: %s", campaign.public_id, code)
        text = _("The campaign “%(name)s” was stopped: too many of its last attempts failed.")
        if code != "breaker":
            text = _("The campaign “%(name)s” was stopped: its settings are no longer understood. Save them again.")
        raise_alert(
            campaign.workspace,
            "campaign_stopped",
            f"campaign:{campaign.public_id}",
            text % {"name": campaign.name},
            {"campaign": campaign.public_id, "code": code},
        )
    campaign.state = Campaign.State.STOPPED


def _look_after(campaign: Campaign, plan: Plan, entry: CampaignEntry, now: datetime) -> None:
    """A line whose lease ran out: its call or message is there, or was never made."""
    if is_call(campaign.channel):
        call = PhoneCall.objects.filter(workspace=campaign.workspace_id, key=entry.key).first()
        if call is not None and (call.ended_at is not None or call.status == PhoneCall.Status.REFUSED):
            call_ended(call)
            return
        longest = timedelta(seconds=plan.ring_seconds + plan.limit_seconds) + FORGOTTEN
        if call is not None and entry.tried_at is not None and entry.tried_at + longest < now:
            finish(entry, "failed", now, reason="lost")
            return
        made = call is not None
    else:
        made = OutboundMessage.objects.filter(workspace=campaign.workspace_id, key=entry.key).exists()
    # Leased anew before anything else, by one of those that look: under the same key it would do no harm anyway.
    mine = CampaignEntry.objects.filter(pk=entry.pk, key=entry.key, lease_until=entry.lease_until)
    if mine.update(lease_until=now + LOOK_AGAIN) and not made:
        if campaign.state == Campaign.State.RUNNING:
            place(campaign, plan, entry, now)
        else:
            _give_back([entry])


def _give_back(entries: list[CampaignEntry]) -> None:
    """Leased, but not tried: they wait again, and their next key is the same."""
    for entry in entries:
        CampaignEntry.objects.filter(pk=entry.pk, key=entry.key, state=State.RUNNING).update(
            state=State.WAITING, serial=entry.serial - 1, key="", lease_until=None
        )


def _breaks(campaign: Campaign, plan: Plan) -> bool:
    since = CampaignEntry.objects.filter(campaign=campaign, finished_at__isnull=False)
    if campaign.started_at is not None:
        since = since.filter(finished_at__gte=campaign.started_at)
    last = since.exclude(state=State.SKIPPED).order_by("-finished_at").values_list("outcome", flat=True)
    if not is_broken(list(last[: plan.breaker.of]), plan.breaker):
        return False
    stop(campaign, "breaker")
    return True


def _end_if_done(campaign: Campaign, now: datetime) -> None:
    left = CampaignEntry.objects.filter(campaign=campaign, state__in=(State.WAITING, State.RUNNING))
    if not left.exists():
        Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.RUNNING).update(
            state=Campaign.State.DONE, ended_at=now, reason="", held_until=None, updated_at=now
        )
