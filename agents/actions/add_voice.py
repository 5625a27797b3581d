from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import voice_consent
from agents.errors import ToolRefused
from agents.models import ClonedVoice
from agents.voice_languages import VOICE_LANGUAGES
from agents.voice_sample import LONGEST_SECONDS, RATE, Sample, SampleRefused, cut_sample
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require
from parley.lib.sound import SoundRefused, read_sound

MOST_VOICES: Final = 50
MOST_BYTES: Final = 20_000_000
"""Thirty seconds as the best recorders write them."""
NAME_CHARS: Final = 60
_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceForm:
    """Who is heard in the recording, and what was confirmed: `consent` is the number of the wording that was ticked."""

    name: str
    speaker: str
    language: str
    licence: str
    consent: int = 0


def add_voice(actor: Actor, wanted: VoiceForm, recording: bytes) -> ClonedVoice:
    """Keep a voice by a recording of 3 to 30 s, in any sound format that can be read here. Raises ToolRefused."""
    require(actor, Permission.EDIT_AGENT)
    if findings := list(_findings(wanted)):
        raise ToolRefused(findings)
    sample = _sample(recording)
    words = voice_consent.WORDINGS[wanted.consent]
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
        name = free_name(actor.workspace, wanted.name)
        others = ClonedVoice.objects.of(actor.workspace)
        if others.filter(digest=sample.digest).exists():
            raise ToolRefused([("recording", "sample_known", _("This recording is a voice already."))])
        if others.count() >= MOST_VOICES:
            message = _("A workspace has at most %(limit)d voices.") % {"limit": MOST_VOICES}
            raise ToolRefused([("", "too_many", message)])
        voice: ClonedVoice = ClonedVoice.objects.create(
            workspace=actor.workspace,
            name=name,
            speaker=" ".join(wanted.speaker.split()),
            language=wanted.language,
            sample=sample.wav,
            digest=sample.digest,
            seconds=round(sample.seconds, 1),
            licence=wanted.licence,
            consent_version=wanted.consent,
            consent_words=words,
            consent_at=timezone.now(),
            consent_by=actor.user,
        )
        audit(
            actor,
            "voice.added",
            voice,
            name=name,
            speaker=voice.speaker,
            licence=voice.licence,
            consent=voice.consent_version,
            digest=voice.digest,
        )
    return voice


def free_name(workspace: Workspace, name: str, but: ClonedVoice | None = None) -> str:
    """The name as it is kept. Raises ToolRefused where it is none, or taken by another voice than `but`."""
    kept = " ".join(name.split())
    if not kept or len(kept) > NAME_CHARS or _UNREADABLE.search(name):
        message = _("Give it a name of at most %(limit)d characters.") % {"limit": NAME_CHARS}
        raise ToolRefused([("name", "required", message)])
    others = ClonedVoice.objects.of(workspace).filter(name=kept)
    if (others.exclude(pk=but.pk) if but is not None else others).exists():
        raise ToolRefused([("name", "name_taken", _("There is a voice by this name already."))])
    return kept


def _findings(wanted: VoiceForm) -> Iterator[tuple[str, str, str]]:
    if not wanted.speaker.strip() or len(wanted.speaker) > 120 or _UNREADABLE.search(wanted.speaker):
        yield "speaker", "required", _("Say whose voice it is, in at most 120 characters.")
    if wanted.language not in VOICE_LANGUAGES:
        yield "language", "unknown_choice", _("Choose from the list.")
    if wanted.licence not in ClonedVoice.Licence.values:
        yield "licence", "unknown_choice", _("Say how the voice is used.")
    if wanted.consent not in voice_consent.WORDINGS:
        yield "consent", "consent_missing", _("Without that person's consent no voice is kept.")


def _sample(recording: bytes) -> Sample:
    try:
        if len(recording) > MOST_BYTES:
            raise SoundRefused("", code="too_large")
        return cut_sample(read_sound(recording, RATE, LONGEST_SECONDS + 1))
    except (SoundRefused, SampleRefused) as error:
        raise ToolRefused([("recording", error.code, refusal(error.code))]) from error


def refusal(code: str) -> str:
    """What the person who brings the recording is told."""
    match code:
        case "too_large":
            return _("The file is larger than 20 MB. Send 3 to 30 seconds of speech.")
        case "too_short":
            return _("The recording is shorter than 3 seconds. Send 3 to 30 seconds of speech.")
        case "too_long":
            return _("The recording is longer than 30 seconds. Cut out the best 3 to 30 seconds of speech.")
        case "too_quiet":
            return _("Hardly anything can be heard. Record again, closer to the microphone.")
        case "clipped":
            return _("The recording is too loud: its peaks are cut off. Record again, softer or farther away.")
        case "not_speech":
            return _("No speech was found, only an even noise. Record one person in a quiet room.")
        case "little_speech":
            return _("There are less than 2 seconds of speech in it. Read a few sentences aloud.")
        case "no_decoder":
            return _("This server reads WAV files of 16 bit only. Save the recording as such a WAV and send that.")
    return _("No sound could be read from this file. Send a WAV, MP3, OGG, M4A or WebM.")
