"""Voice notes: what a person said in one, and our words as one. Blocking.

A note is somebody else's file. It is decoded by a program of its own, with a cap on its length, memory and time, and only
plain sound reaches the worker that listens (T14).
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.translation import gettext as _

from agents.voices import sample_for
from channels_io import recordings
from inference import client
from inference.cloning import VoiceSample
from inference.errors import EngineError, ParleyError
from inference.spec import VoiceSpec
from parley.lib import sound_decoder
from parley.lib.sound import decode_file
from parley.lib.workers.store import known_urls

MOST_BYTES: Final = 25_000_000
MOST_SECONDS: Final = 600
RATE: Final = 16_000
UNDECODED_MOST: Final = 1_000_000
"""Without PyAV here, a file no larger than this is left to the worker's decoder."""
MOST_WORDS: Final = 1_500
"""About a minute and a half: beyond it people rather read."""
SPOKEN_MOST: Final = 512 * 1024
KEPT: Final = timedelta(days=2)
FOLDER: Final = "voice_notes"


class VoiceNoteFailed(ParleyError):
    """The note itself is at fault, and will be at the next try. code: too_large, too_long, not_audio, not_heard, not_spoken."""

    code = "voice_note_failed"


def transcribe(
    audio: bytes, mime: str, *, language: str = "", model: str = "default", hints: Sequence[str] = ()
) -> str:
    """What is said in a sound file; "" when nothing is. Raises VoiceNoteFailed; WorkerError when no worker answers: try later.

    `mime` is what the sender says and not believed. `language` and `model` as in the agent's spec.
    """
    if len(audio) > MOST_BYTES:
        raise VoiceNoteFailed(_("The voice message is too large."), code="too_large")
    with tempfile.TemporaryDirectory(prefix="parley-note-") as folder:
        source, target = Path(folder, "note"), Path(folder, "note.wav")
        source.write_bytes(audio)
        heard = _decoded(source, target)
        with heard.open("rb") as sound:
            return _listen(sound, language, model, hints)


def speak(text: str, voice: VoiceSpec, *, language: str = "en", workspace: str) -> str:
    """`text` said by `voice`: the name of an OGG/Opus file below PARLEY_RECORDINGS, at most 512 KB. Kept for two days.

    Raises VoiceNoteFailed where this text cannot be one: send it as text; WorkerError when no worker answers.
    """
    if not text.strip() or len(text) > MOST_WORDS:
        raise VoiceNoteFailed(_("That is too long for a voice message."), code="too_long")
    try:
        sample = sample_for(workspace, voice.name)
        sound = async_to_sync(_synthesize)(text, voice, language.split("-")[0].lower(), sample)
    except EngineError as error:
        raise VoiceNoteFailed(error.message, code="not_spoken") from error
    if len(sound) > SPOKEN_MOST:
        raise VoiceNoteFailed(_("That is too long for a voice message."), code="too_long")
    name = f"{FOLDER}/{workspace}/{secrets.token_urlsafe(24)}.ogg"
    path = recordings.path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)
    return name


def forget_old() -> int:
    """Remove notes of ours that were made long ago: what they say is kept as text. Returns how many."""
    root = Path(settings.PARLEY_RECORDINGS, FOLDER)
    oldest = time.time() - KEPT.total_seconds()
    old = [path for path in root.glob("*/*.ogg") if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _decoded(source: Path, target: Path) -> Path:
    """The file that the worker is to get. Raises VoiceNoteFailed."""
    match decode_file(source, target, RATE, MOST_SECONDS):
        case 0:
            return target
        case sound_decoder.TOO_LONG:
            most = MOST_SECONDS // 60
            raise VoiceNoteFailed(
                _("The voice message is longer than %(most)d minutes.") % {"most": most}, code="too_long"
            )
        case sound_decoder.NO_DECODER if source.stat().st_size <= UNDECODED_MOST:
            return source
    raise VoiceNoteFailed(_("The voice message could not be read."), code="not_audio")


def _listen(sound: BinaryIO, language: str, model: str, hints: Sequence[str]) -> str:
    try:
        return async_to_sync(_transcribe)(sound, language.split("-")[0].lower(), model, hints)
    except EngineError as error:
        raise VoiceNoteFailed(error.message, code="not_heard") from error


async def _transcribe(sound: BinaryIO, language: str, model: str, hints: Sequence[str]) -> str:
    token = settings.PARLEY_WORKER_TOKEN
    url = await client.choose_worker(await asyncio.to_thread(known_urls), token)
    try:
        return await client.transcribe(url, token, sound, language=language, model=model, hints=hints)
    except EngineError:
        # It knows the language or the model no more: as in a conversation, the worker's own then.
        sound.seek(0)
        return await client.transcribe(url, token, sound, hints=hints)


async def _synthesize(text: str, voice: VoiceSpec, language: str, sample: VoiceSample | None) -> bytes:
    token = settings.PARLEY_WORKER_TOKEN
    url = await client.choose_worker(await asyncio.to_thread(known_urls), token)
    try:
        return await client.synthesize_file(
            url, token, text, voice, file_format="opus", language=language, sample=sample
        )
    except EngineError:
        own = VoiceSpec("default", "default", voice.speed)
        return await client.synthesize_file(url, token, text, own, file_format="opus", language=language)
