"""What Twilio asks and tells of a call. Each is signed, may be told twice, and is answered the same again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Concatenate, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from agents.models import Version
from channels_io.actions.report_call import report_call
from channels_io.actions.work_on_calls import WORK
from channels_io.call_settings import CallSettings
from channels_io.call_states import RANKS, TOGETHER, is_machine, is_over
from channels_io.end_reasons import EndReason
from channels_io.hooks import HookRefused, hook
from channels_io.kinds.twilio_voice import addresses, twiml
from channels_io.kinds.twilio_voice.calls import (
    call_of,
    consent_for,
    incoming_call,
    language_of,
    report_of,
    sid_of,
)
from channels_io.kinds.twilio_voice.sentences import answered as said_yes
from channels_io.kinds.twilio_voice.sentences import sentence
from channels_io.live.rejoin import CUT_OFF
from channels_io.messaging.wake import wake
from channels_io.models import Channel, PhoneCall
from channels_io.splits import version_for
from channels_io.telephony import CallReport
from channels_io.twilio_hooks import SignedForm, signed_form

logger = logging.getLogger(__name__)

KIND: Final = "twilio_voice"
MOST_STREAMS: Final = 6
"""A call that was cut off so often is not brought back once more."""
NO_WORKER: Final = (EndReason.NO_WORKER, EndReason.WORKER_LOST, EndReason.WORKER_FULL)
"""Ends after which another stream would end the same."""


def twilio(
    view: Callable[[SignedForm], HttpResponse],
) -> Callable[Concatenate[HttpRequest, ...], HttpResponseBase]:
    """A webhook of this kind: `view` sees only what was signed."""

    @hook
    def signed(request: HttpRequest, /, public_id: str) -> HttpResponse:
        return view(signed_form(request, KIND, public_id))

    return signed


def xml(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="text/xml; charset=utf-8")


def noted() -> HttpResponse:
    return HttpResponse(status=204)


@twilio
def voice(signed: SignedForm) -> HttpResponse:
    """A call comes in: what is to be done with it?"""
    call = incoming_call(signed)
    return xml(_begun(signed.channel, call, str(call.plan.get("answer"))))


@twilio
def answered(signed: SignedForm) -> HttpResponse:
    """A call that we placed was taken."""
    call = call_of(signed)
    if is_over(call.status):
        return xml(twiml.hang_up())
    report_call(call, CallReport(status=PhoneCall.Status.IN_PROGRESS))
    call.refresh_from_db()
    return xml(_begun(signed.channel, call, _placed_answer(signed.channel, call)))


@twilio
def consent(signed: SignedForm) -> HttpResponse:
    """Whether the call may be recorded. Silence, and what is not understood, are a no."""
    call = call_of(signed)
    yes = said_yes(signed.said("Digits"), signed.said("SpeechResult"), language_of(call))
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update().get(pk=call.pk)
        if "consent" not in locked.plan:  # Asked again, Twilio hears what the first answer led to.
            locked.plan = {**locked.plan, "consent": "yes" if yes else "no"}
            locked.save(update_fields=["plan", "updated_at"])
    return xml(_connected(signed.channel, locked))


@twilio
def after(signed: SignedForm) -> HttpResponse:
    """A stream has ended and the call has not: by us, or because the process died that carried it?"""
    call = call_of(signed)
    number = signed.query.get("n", "")
    if not number.isascii() or not number.isdigit() or len(number) > 3:
        raise HookRefused("the stream has no number")
    return xml(_after(signed.channel, call, int(number)))


@twilio
def status(signed: SignedForm) -> HttpResponse:
    """How far a call has got."""
    report = report_of(signed.form)
    if report.status not in RANKS:
        return noted()
    report_call(call_of(signed), report)
    return noted()


@twilio
def stream(signed: SignedForm) -> HttpResponse:
    """What became of a media socket, for the log: the call itself goes on at `after`."""
    sid_of(signed.form)
    if signed.said("StreamEvent") == "stream-error":
        logger.warning("Channel %s: Twilio could not use a media socket.", signed.channel.public_id)
    return noted()


@twilio
def machine(signed: SignedForm) -> HttpResponse:
    """Who took a call that we placed: a person, or an answering machine."""
    call = call_of(signed)
    taken_by = signed.said("AnsweredBy")
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if locked.answered_by or not taken_by:
            return noted()
        locked.answered_by = taken_by[:40]
        wish = str(locked.plan.get("machine") or "hang_up")
        if is_machine(taken_by) and wish != "talk":
            locked.result = "message_left" if wish == "message" and taken_by != "fax" else "machine"
            locked.plan, locked.due_at = {**locked.plan, "machine_due": True}, timezone.now()
            transaction.on_commit(partial(wake, WORK))
        locked.save(update_fields=["answered_by", "result", "plan", "due_at", "updated_at"])
    return noted()


@twilio
def fallback(signed: SignedForm) -> HttpResponse:
    """Twilio could not reach or understand us."""
    sid = sid_of(signed.form)
    logger.error("Channel %s: Twilio fell back with error %s.", signed.channel.public_id, signed.said("ErrorCode")[:20])
    call = PhoneCall.objects.filter(channel=signed.channel, provider_id=sid).first()
    return xml(_sorry(signed.channel, language_of(call) if call is not None else "en"))


# --- what is to be done -------------------------------------------------------------------------


def _begun(channel: Channel, call: PhoneCall, answer: str) -> str:
    language, wishes = language_of(call), CallSettings.of(channel.settings)
    match answer:
        case "busy":
            return twiml.reject() if call.direction == PhoneCall.Direction.INBOUND else twiml.hang_up()
        case "unpublished":
            return twiml.farewell(language, [sentence("not_in_service", language)])
        case "closed" if wishes.closed == "reject":
            return twiml.reject()
        case "closed":
            said = wishes.closed_text or sentence("closed", language)
            if wishes.closed == "voicemail":
                return twiml.take_message(addresses.voicemail_of(channel), language, [said])
            return twiml.farewell(language, [said])
        case "ask" if "consent" not in call.plan:
            return twiml.ask_consent(addresses.hook(channel, "consent"), language)
    return _connected(channel, call)


def _connected(channel: Channel, call: PhoneCall) -> str:
    return twiml.connect(addresses.stream_of(channel, call, 1))


def _placed_answer(channel: Channel, call: PhoneCall) -> str:
    """Of a call that we placed: nobody is closed to it. Noted, so that Twilio hears the same again."""
    if "answer" in call.plan:
        return str(call.plan["answer"])
    wished = str(call.plan.get("version") or "")
    pinned = Version.objects.filter(agent=channel.agent, public_id=wished).first() if wished else None
    running = pinned or version_for(channel, call.remote)
    if running is None:
        found, language = "unpublished", "en"
    else:
        found, language = consent_for(running, CallSettings.of(channel.settings)), running.agent_spec().language
    call.plan = {**call.plan, "answer": found, "language": language}
    call.save(update_fields=["plan", "updated_at"])
    return found


def _after(channel: Channel, call: PhoneCall, number: int) -> str:
    language = language_of(call)
    if is_over(call.status):
        return twiml.hang_up()
    person = PhoneCall.objects.filter(parent=call, result__in=TOGETHER, ended_at=None).order_by("-pk").first()
    if person is not None and number == call.stream_number:
        return twiml.join(person.public_id, addresses.hook(channel, "together", call=call.public_id))
    if number < call.stream_number:  # Asked again: the stream that followed was promised already.
        return twiml.connect(addresses.stream_of(channel, call, number + 1))
    if call.stream_end in NO_WORKER:
        return _sorry(channel, language)
    if call.stream_end not in CUT_OFF:
        return twiml.hang_up()
    if number >= MOST_STREAMS:
        return _sorry(channel, language)
    return twiml.connect(addresses.stream_of(channel, call, number + 1, comeback="resumed"))


def _sorry(channel: Channel, language: str) -> str:
    """The agent cannot go on: say so, and take a message where that is wished."""
    apology = sentence("apology", language)
    if CallSettings.of(channel.settings).voicemail:
        return twiml.take_message(addresses.voicemail_of(channel), language, [apology])
    return twiml.farewell(language, [apology, sentence("goodbye", language)])
