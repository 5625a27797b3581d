"""The call to a person whom a caller is put through to, and what follows when both have spoken."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse

from channels_io.actions.report_call import report_call
from channels_io.call_settings import CallSettings
from channels_io.call_states import TOGETHER, is_over
from channels_io.kinds.twilio_voice import addresses, twiml
from channels_io.kinds.twilio_voice.calls import call_of, language_of
from channels_io.kinds.twilio_voice.sentences import answered, sentence
from channels_io.kinds.twilio_voice.views import twilio, xml
from channels_io.models import PhoneCall
from channels_io.telephony import CallReport
from channels_io.twilio_hooks import SignedForm

MOST_ASKED = 2


@twilio
def person(signed: SignedForm) -> HttpResponse:
    """They have picked up: put through at once, or told first who is there."""
    call = call_of(signed)
    if is_over(call.status):
        return xml(twiml.hang_up())
    report_call(call, CallReport(status=PhoneCall.Status.IN_PROGRESS))
    if call.plan.get("mode") != "warm":
        return xml(_taken(call))
    answer = addresses.hook(signed.channel, "decision", call=call.public_id, n="1")
    return xml(twiml.brief(answer, language_of(call), str(call.plan.get("briefing") or "")))


@twilio
def decision(signed: SignedForm) -> HttpResponse:
    """Will they take it? Asked once more when nothing was understood."""
    call = call_of(signed)
    language = language_of(call)
    if call.result in TOGETHER:
        return xml(twiml.join(call.public_id))
    yes = answered(signed.said("Digits"), signed.said("SpeechResult"), language)
    if yes:
        return xml(_taken(call))
    if yes is None and signed.query.get("n") == "1" and not is_over(call.status) and not call.result:
        again = addresses.hook(signed.channel, "decision", call=call.public_id, n=str(MOST_ASKED))
        return xml(twiml.brief(again, language, ""))
    _decide(call, "rejected")
    return xml(twiml.farewell(language, [sentence("thanks", language)]))


@twilio
def together(signed: SignedForm) -> HttpResponse:
    """Caller and person have spoken, and the caller is still there."""
    call = call_of(signed)
    if is_over(call.status):
        return xml(twiml.hang_up())
    wishes = CallSettings.of(signed.channel.settings)
    met = signed.said("DialCallStatus") in ("", "completed", "answered")
    number = call.stream_number
    if met and wishes.after_transfer == "hang_up":
        return xml(twiml.hang_up())
    # The same number when it is asked again: a stream that was opened for this has not ended.
    if call.stream_end:
        number += 1
        PhoneCall.objects.filter(parent=call, result="connected").update(result="talked")
    return xml(twiml.connect(addresses.stream_of(signed.channel, call, number, comeback="returned")))


def _taken(call: PhoneCall) -> str:
    """The person waits in the room; whoever holds the caller brings them."""
    if _decide(call, "accepted"):
        return twiml.join(call.public_id)
    language = language_of(call)
    return twiml.farewell(language, [sentence("caller_gone", language)])


def _decide(call: PhoneCall, result: str) -> bool:
    """False: too late. The caller has gone, or it was decided otherwise."""
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update(of=("self",)).select_related("parent").get(pk=call.pk)
        if locked.result:
            return result == "accepted" and locked.result in TOGETHER
        gone = is_over(locked.status) or locked.parent is None or is_over(locked.parent.status)
        locked.result = "canceled" if gone else result
        locked.save(update_fields=["result", "updated_at"])
    return locked.result == result
