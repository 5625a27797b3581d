"""From a redeemed token to an open leg, and from a stream's end to why it ended. ORM, once per stream."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, cast, get_args

from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace

from agents.models import Version
from channels_io.actions.close_leg import close_leg
from channels_io.actions.find_contact import find_contact
from channels_io.actions.note_consent import note_consent
from channels_io.actions.report_call import report_call
from channels_io.call_settings import CallSettings
from channels_io.call_states import TOGETHER, is_machine, is_over
from channels_io.e164 import exact_number
from channels_io.end_reasons import EndReason
from channels_io.live.limits import Limits
from channels_io.live.lines import Line
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for
from channels_io.live.rejoin import version_of_cut_off_leg
from channels_io.models import Channel, Contact, Conversation, Leg, PhoneCall
from channels_io.reads.going_on import conversation_to_go_on
from channels_io.splits import version_for
from channels_io.telephony import CallReport
from inference.spec import AgentSpec

SHORTEST: Final = 30.0
"""Seconds that a call has left when it comes back, however long it was."""
HANGS_UP: Final = (
    EndReason.HUNG_UP,
    EndReason.AGENT_ENDED,
    EndReason.PERSON_ENDED,
    EndReason.SILENCE,
    EndReason.CALL_LIMIT,
)
"""After these the call itself is over."""
GONE: Final = (EndReason.HUNG_UP, EndReason.LOST)


@dataclass(frozen=True, slots=True)
class CallLeg:
    opened: OpenedLeg
    limits: Limits


def open_call(channel: Channel, call: PhoneCall) -> CallLeg:
    """Raises NothingToOpen."""
    wishes = CallSettings.of(channel.settings)
    going_on = call.conversation
    contact = _contact(channel, call)
    running = _running(channel, call, going_on)
    if running is None:
        raise NothingToOpen("The agent is not published.")
    if call.leg is not None and call.leg.ended_at is None:
        close_leg(call.leg, EndReason.ABANDONED)  # Its process died, or writes the true reason over this one.
    conversation = going_on
    if conversation is None and contact is not None and call.direction == PhoneCall.Direction.INBOUND:
        conversation = _earlier(contact, channel, wishes)
    number = exact_number(call.remote)
    facts = {**_planned(call), "caller": number}
    opened = open_leg_for(
        agent=channel.agent,
        running=running,
        kind=channel.kind,
        media="voice",
        channel=channel,
        contact=contact,
        conversation=conversation,
        variables=facts,
    )
    _note(call, opened)
    return CallLeg(_told(opened, call, wishes), _limits(call, wishes))


def settle_stream(call: PhoneCall, number: int, reason: EndReason) -> EndReason:
    """Our side ends the call's stream `number`; why it truly ended. Once this is written a stream that just closes is no
    lost process any more."""
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update().get(pk=call.pk)
        reason = _truly(locked, number, reason)
        if locked.stream_number == number:
            locked.stream_end = reason
            locked.save(update_fields=["stream_end", "updated_at"])
    if reason in HANGS_UP:
        spoken = (timezone.now() - locked.answered_at).total_seconds() if locked.answered_at else 0.0
        report_call(locked, CallReport(status=PhoneCall.Status.COMPLETED, seconds=round(spoken)))
    return reason


def _truly(call: PhoneCall, number: int, reason: EndReason) -> EndReason:
    """What another process did to the call looks like a hang-up from here."""
    if reason not in GONE:
        return reason
    if call.plan.get("steered") == str(number):
        return EndReason.REPLACED
    if is_machine(call.answered_by) and call.plan.get("machine") != "talk":
        return EndReason.MACHINE
    if PhoneCall.objects.filter(parent=call, result__in=TOGETHER).exists():
        return EndReason.TRANSFERRED
    return reason


def _contact(channel: Channel, call: PhoneCall) -> Contact | None:
    """None: nobody is known by what they call from."""
    if call.conversation is not None:
        return None
    if call.contact is not None:
        return call.contact
    number = exact_number(call.remote)
    return find_contact(channel.workspace, [("phone", number)]) if number else None


def _earlier(contact: Contact, channel: Channel, wishes: CallSettings) -> Conversation | None:
    """Where the person goes on: not where they are talking at this moment, on another line."""
    found = conversation_to_go_on(contact, channel.agent, now=timezone.now(), hours=wishes.go_on_hours)
    if found is not None and found.legs.filter(ended_at=None, media=Leg.Media.VOICE).exists():
        return None
    return found


def _running(channel: Channel, call: PhoneCall, going_on: Conversation | None) -> Version | None:
    if going_on is not None and (cut_off := version_of_cut_off_leg(going_on)) is not None:
        return cut_off
    wished = str(call.plan.get("version") or "")
    pinned = Version.objects.filter(agent=channel.agent, public_id=wished).first() if wished else None
    return pinned or version_for(channel, exact_number(call.remote) or call.provider_id)


def _planned(call: PhoneCall) -> dict[str, str]:
    """What the flow of a call that we placed begins with."""
    variables = call.plan.get("variables")
    return {str(name): str(value) for name, value in variables.items()} if isinstance(variables, dict) else {}


def _note(call: PhoneCall, opened: OpenedLeg) -> None:
    now = timezone.now()
    conversation = opened.leg.conversation
    PhoneCall.objects.filter(pk=call.pk).update(
        leg=opened.leg, conversation=conversation, contact=conversation.contact, updated_at=now
    )
    if not is_over(call.status):
        report_call(call, CallReport(status=PhoneCall.Status.IN_PROGRESS, at=now))


def _told(opened: OpenedLeg, call: PhoneCall, wishes: CallSettings) -> OpenedLeg:
    comeback = str(call.plan.get("comeback") or "")
    facts, state = opened.facts, opened.facts.state
    if comeback in get_args(Line) and state is not None and state.greeted:
        facts = dataclasses.replace(facts, comeback=cast(Line, comeback))
    if opened.record_sound and wishes.recording != "announce":
        facts = dataclasses.replace(facts, spec=_unannounced(facts.spec, opened.leg.version))
    disclosure = str(call.plan.get("disclosure") or "")
    if disclosure and (state is None or not state.greeted):
        # Before everything else: whoever takes a call of ours learns that it is a machine that calls.
        facts = dataclasses.replace(
            facts, spec=replace(facts.spec, greeting=f"{disclosure} {facts.spec.greeting}".strip())
        )
    agreed = wishes.recording == "announce" or (wishes.recording == "ask" and call.plan.get("consent") == "yes")
    if opened.record_sound and wishes.recording == "ask":
        note_consent(opened.leg, "yes" if agreed else "no")
    return dataclasses.replace(opened, facts=facts, record_sound=opened.record_sound and agreed)


def _unannounced(spec: AgentSpec, running: Version | None) -> AgentSpec:
    """Without the sentence that the call is recorded: it is not, or the caller was asked."""
    consent = "" if running is None else " ".join(str(running.draft.get("consent") or "").split())
    return replace(spec, greeting=spec.greeting.removeprefix(consent).strip())


def _limits(call: PhoneCall, wishes: CallSettings) -> Limits:
    longest = float(call.plan.get("limit_seconds") or wishes.call_minutes * 60)
    spent = (timezone.now() - call.answered_at).total_seconds() if call.answered_at else 0.0
    return Limits(call=max(SHORTEST, longest - spent))
