"""Keep the message that a caller left: its sound, its words, in a leg of its own of their conversation."""

from __future__ import annotations

import io
import wave
from typing import Final

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from agents.models import Version
from channels_io import recordings
from channels_io.actions.close_leg import close_leg
from channels_io.actions.find_contact import find_contact
from channels_io.actions.open_leg import open_leg
from channels_io.actions.raise_alert import raise_alert
from channels_io.actions.record_entries import record_entries
from channels_io.e164 import exact_number
from channels_io.end_reasons import EndReason
from channels_io.entries import CallerTurn
from channels_io.messaging.voice_notes import VoiceNoteFailed, transcribe
from channels_io.models import Leg, PhoneCall
from channels_io.sanitize import clean_text
from channels_io.splits import version_for
from channels_io.telephony import Dialer, DialFailed
from inference.audio import Samples
from inference.errors import WorkerError

MOST_BYTES: Final = 20_000_000
RATES: Final = (8_000, 16_000, 24_000, 48_000)
HEARD_TRIES: Final = 8
"""How often a message waits for a worker that understands it; then it is kept without words."""


def keep_voicemail(call: PhoneCall, dialer: Dialer) -> Leg | None:
    """The leg that holds it; None when there was one already, or nothing was said. Raises DialFailed, WorkerError: try later."""
    if call.plan.get("voicemail_kept"):
        return None
    sound = dialer.left_message(call, str(call.plan["voicemail"]), MOST_BYTES)
    samples, rate = samples_of(sound)
    running = _running(call)
    if running is None or call.channel is None or not samples.size:
        _kept(call)
        return None
    words = _words(call, sound, running)
    with transaction.atomic():
        locked = PhoneCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if locked.plan.get("voicemail_kept"):
            return None
        leg = _leg(call, running)
        seconds = samples.size / rate
        turn = CallerTurn(seq=1, number=1, text=words or _("(a message without words)"), ended_ms=round(seconds * 1000))
        record_entries(leg, [turn])
        _write(leg, samples, rate)
        close_leg(leg, EndReason.VOICEMAIL)
        conversation = leg.conversation
        PhoneCall.objects.filter(pk=call.pk).update(conversation=conversation, contact=conversation.contact)
        _kept(call)
    raise_alert(
        call.workspace,
        "voicemail",
        f"voicemail:{call.public_id}",
        _("A caller has left a message."),
        {"conversation": conversation.public_id, "leg": leg.public_id},
    )
    return leg


def samples_of(sound: bytes) -> tuple[Samples, int]:
    """Of a WAV file, 16 bit, one channel. Raises DialFailed ("never") for anything else."""
    try:
        with wave.open(io.BytesIO(sound)) as file:
            shape = (file.getnchannels(), file.getsampwidth())
            rate, frames = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise DialFailed("The message is no sound file.", code="bad_recording", verdict="never") from error
    if shape != (1, 2) or rate not in RATES:
        raise DialFailed("The message is no sound file that is read here.", code="bad_recording", verdict="never")
    return np.frombuffer(frames[: len(frames) // 2 * 2], dtype="<i2"), rate


def _words(call: PhoneCall, sound: bytes, running: Version) -> str:
    spec = running.agent_spec()
    try:
        return clean_text(transcribe(sound, "audio/wav", language=spec.language))
    except VoiceNoteFailed:
        return ""
    except WorkerError:
        if call.attempts < HEARD_TRIES:
            raise
        return ""


def _leg(call: PhoneCall, running: Version) -> Leg:
    number = exact_number(call.remote)
    contact = call.contact or (find_contact(call.workspace, [("phone", number)]) if number else None)
    channel = call.channel
    assert channel is not None
    return open_leg(
        agent=channel.agent,
        running=running,
        kind=channel.kind,
        media="voice",
        channel=channel,
        contact=contact,
        conversation=call.conversation,
    )


def _running(call: PhoneCall) -> Version | None:
    channel = call.channel
    if channel is None:
        return None
    wished = str(call.plan.get("version") or "")
    pinned = Version.objects.filter(agent=channel.agent, public_id=wished).first() if wished else None
    return pinned or version_for(channel, exact_number(call.remote) or call.provider_id)


def _write(leg: Leg, samples: Samples, rate: int) -> None:
    leg.recording = recordings.new_name(leg.workspace.public_id, leg.started_at)
    leg.recording_rate = recordings.RATE
    leg.save(update_fields=["recording", "recording_rate", "updated_at"])
    writer = recordings.StereoWriter(recordings.path_of(leg.recording), caller_rate=rate)
    step = rate  # The writer looks back two seconds: whole seconds keep it in step.
    for start in range(0, samples.size, step):
        writer.caller(samples[start : start + step], start)
    writer.close()


def _kept(call: PhoneCall) -> None:
    with transaction.atomic():
        row = PhoneCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
        row.plan = {**row.plan, "voicemail_kept": True}
        row.save(update_fields=["plan", "updated_at"])
