"""A message that a caller has left: thanked for at once, fetched and understood by a task."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from channels_io.actions.work_on_calls import WORK
from channels_io.kinds.twilio_voice import twiml
from channels_io.kinds.twilio_voice.calls import call_of, language_of, sid_of
from channels_io.kinds.twilio_voice.sentences import sentence
from channels_io.kinds.twilio_voice.views import noted, twilio, xml
from channels_io.messaging.wake import wake
from channels_io.models import PhoneCall
from channels_io.twilio_hooks import SignedForm


@twilio
def left(signed: SignedForm) -> HttpResponse:
    """The caller has finished speaking, and is still there."""
    language = language_of(call_of(signed))
    return xml(twiml.farewell(language, [sentence("message_taken", language)]))


@twilio
def recording(signed: SignedForm) -> HttpResponse:
    """The sound of it is ready at Twilio."""
    call, sid = call_of(signed), sid_of(signed.form, "RecordingSid")
    if signed.said("RecordingStatus") not in ("", "completed"):
        return noted()
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if "voicemail" not in locked.plan:
            locked.plan, locked.due_at = {**locked.plan, "voicemail": sid}, timezone.now()
            locked.save(update_fields=["plan", "due_at", "updated_at"])
            transaction.on_commit(partial(wake, WORK))
    return noted()
