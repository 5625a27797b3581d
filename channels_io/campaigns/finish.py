"""How an attempt ended, written down: done, tried again later, or given up. Each attempt ends once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from channels_io.campaigns.lease import zones_of
from channels_io.campaigns.plan import load_plan
from channels_io.campaigns.retries import REACHED, retry_at
from channels_io.campaigns.windows import NeverOpen, next_common_moment
from channels_io.guards.errors import NEVER
from channels_io.models import Campaign, CampaignEntry, Conversation

HOLD: Final = timedelta(minutes=5)
"""The longest a campaign waits before it asks again whether the workspace's limits let it go on."""
_ALL: Final = frozenset({"cap_workspace", "cap_agent", "concurrency", "budget", "guard_unavailable"})
"""Limits that every line would meet."""
State = CampaignEntry.State


def finish(
    entry: CampaignEntry, outcome: str, now: datetime, *, reason: str = "", conversation: Conversation | None = None
) -> bool:
    """Whether it was this attempt's end: False when it had ended already."""
    with transaction.atomic():
        row = _running(entry)
        if row is None:
            return False
        row.outcome, row.reason, row.finished_at, row.lease_until = outcome, reason[:200], now, None
        row.attempts = row.serial - row.refusals
        row.conversation = conversation or row.conversation
        row.due_at = None
        if outcome in REACHED:
            row.state = State.DONE
        else:
            _try_again(row, outcome, now)
        row.save()
        return True


def refuse(entry: CampaignEntry, code: str, now: datetime, *, retry_after: float = 0.0) -> bool:
    """The guard did not let it out. Left out for good, or later; False when the whole campaign has to wait."""
    with transaction.atomic():
        row = _running(entry)
        if row is None:
            return True
        row.refusals += 1
        row.reason, row.lease_until = code, None
        if code in NEVER:
            row.state, row.outcome, row.due_at, row.finished_at = State.SKIPPED, "refused", None, now
            row.save()
            return True
        wait = timedelta(seconds=max(30.0, retry_after))
        held = code in _ALL
        row.state, row.due_at = State.WAITING, now + (min(wait, HOLD) if held else wait)
        row.save()
        if held:
            Campaign.objects.filter(pk=row.campaign_id).update(held_until=now + min(wait, HOLD), reason=code)
        return not held


def _running(entry: CampaignEntry) -> CampaignEntry | None:
    """The line, locked, if this attempt of it has not ended yet."""
    return (
        CampaignEntry.objects.select_for_update(of=("self",))
        .select_related("campaign__workspace")
        .filter(pk=entry.pk, key=entry.key, state=State.RUNNING)
        .first()
    )


def _try_again(row: CampaignEntry, outcome: str, now: datetime) -> None:
    plan = load_plan(row.campaign.plan)
    again = None if row.campaign.state == Campaign.State.DONE else retry_at(outcome, row.attempts, plan.retries, now)
    row.state = State.FAILED
    if again is None:
        return
    try:
        row.due_at = next_common_moment(again, zones_of(row.campaign, row), plan.windows)
    except NeverOpen:
        return
    row.state = State.WAITING
