"""What became of a campaign's calls and messages. Called as often as anybody likes: an attempt ends once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from channels_io.call_states import is_machine
from channels_io.campaigns.finish import finish, refuse
from channels_io.campaigns.plan import Plan, load_plan
from channels_io.guards.errors import LABELS
from channels_io.models import Campaign, CampaignEntry, OutboundMessage, PhoneCall

PREFIX: Final = "campaign:"
AT_ONCE: Final = 500
_Status = PhoneCall.Status
_CALLS: Final[Mapping[str, str]] = {
    _Status.BUSY: "busy",
    _Status.NO_ANSWER: "no-answer",
    _Status.FAILED: "failed",
    _Status.CANCELED: "canceled",
}
_Message = OutboundMessage.State
_MESSAGES: Final[Mapping[str, str]] = {
    _Message.SENT: "sent",
    _Message.DELIVERED: "delivered",
    _Message.READ: "read",
    _Message.FAILED: "failed",
    _Message.DEAD: "failed",
    _Message.CANCELED: "canceled",
}


def call_ended(call: PhoneCall) -> None:
    """Tell the campaign, if it is one of a campaign's. The call has its last status."""
    if not call.key.startswith(PREFIX):
        return
    entry = (
        CampaignEntry.objects.select_related("campaign")
        .filter(key=call.key, campaign__workspace=call.workspace_id, state=CampaignEntry.State.RUNNING)
        .first()
    )
    if entry is None:
        return
    now = timezone.now()
    if call.status == _Status.REFUSED:
        refuse(entry, call.error_code or call.result or "number_refused", now)
        return
    outcome = outcome_of(call, load_plan(entry.campaign.plan))
    reason = call.error_code if outcome == "failed" else ""
    finish(entry, outcome, now, reason=reason, conversation=call.conversation)


def outcome_of(call: PhoneCall, plan: Plan) -> str:
    """Of a call that is over and was let out."""
    if call.status != _Status.COMPLETED:
        return _CALLS.get(call.status, "failed")
    if call.result == "message_left":
        return "message_left"
    if is_machine(call.answered_by):
        return "message_left" if plan.machine == "talk" else "machine"
    return "answered"


def take_message_results(campaign: Campaign, now: datetime) -> int:
    """Of the campaign's messages: how many lines it moved on."""
    moved = 0
    running = _with_message(campaign, [CampaignEntry.State.RUNNING], [*_MESSAGES, _Message.REFUSED])
    for entry, message in _pairs(running):
        if message.state == _Message.REFUSED:
            code = message.error_code if message.error_code in LABELS else "number_refused"
            refuse(entry, code, now)
        else:
            outcome = _MESSAGES[message.state]
            reason = message.error_code if outcome == "failed" else ""
            finish(entry, outcome, now, reason=reason, conversation=message.conversation)
        moved += 1
    return moved + _take_receipts(campaign)


def _take_receipts(campaign: Campaign) -> int:
    """What was sent is delivered and read later: the line is done already, its outcome goes on."""
    moved = 0
    for before, after in (
        (("sent",), (_Message.DELIVERED, _Message.READ, _Message.FAILED, _Message.DEAD)),
        (("delivered",), (_Message.READ,)),
    ):
        sent = _with_message(campaign, [CampaignEntry.State.DONE], list(after)).filter(outcome__in=before)
        for entry, message in _pairs(sent):
            outcome = _MESSAGES[message.state]
            failed = outcome == "failed"
            moved += CampaignEntry.objects.filter(pk=entry.pk, key=entry.key, outcome__in=before).update(
                outcome=outcome,
                state=CampaignEntry.State.FAILED if failed else CampaignEntry.State.DONE,
                reason=message.error_code if failed else "",
            )
    return moved


def _with_message(campaign: Campaign, states: Sequence[str], message_states: Sequence[str]) -> QuerySet[CampaignEntry]:
    """Lines in one of the states whose message is in one of the others."""
    messages = OutboundMessage.objects.filter(
        workspace=campaign.workspace_id, key=OuterRef("key"), state__in=message_states
    )
    rows = CampaignEntry.objects.filter(campaign=campaign, state__in=states).exclude(key="")
    return rows.filter(Exists(messages))


def _pairs(rows: QuerySet[CampaignEntry]) -> Iterator[tuple[CampaignEntry, OutboundMessage]]:
    entries = list(rows.select_related("campaign")[:AT_ONCE])
    if not entries:
        return
    found = OutboundMessage.objects.select_related("conversation").filter(
        workspace=entries[0].campaign.workspace_id, key__in=[entry.key for entry in entries]
    )
    by_key = {message.key: message for message in found}
    for entry in entries:
        if entry.key in by_key:
            yield entry, by_key[entry.key]
