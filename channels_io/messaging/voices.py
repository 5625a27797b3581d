"""Voice notes in a thread: what was said in them, and whether the answer is one."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from channels_io.message_settings import MessageSettings
from channels_io.messaging.content import Content, TextContent, VoiceNoteContent
from channels_io.messaging.provider import IncomingMedia, IncomingMessage, Messenger, SendFailed
from channels_io.messaging.voice_notes import MOST_BYTES, VoiceNoteFailed, speak, transcribe
from channels_io.models import Channel
from inference.errors import WorkerError
from inference.spec import AgentSpec

logger = logging.getLogger(__name__)


def heard_in(messages: Sequence[IncomingMessage], messenger: Messenger, spec: AgentSpec) -> dict[str, str]:
    """What is said in the voice notes, by reference; "" where nothing can be understood.

    Raises SendFailed and WorkerError where a later try may hear more.
    """
    notes = [media for message in messages for media in message.media if media.voice]
    return {media.reference: _heard(media, messenger, spec) for media in notes}


def answer_by_voice(
    contents: Sequence[Content],
    asked: Sequence[IncomingMessage],
    channel: Channel,
    messenger: Messenger,
    spec: AgentSpec,
) -> list[Content]:
    """The same answer, spoken where the channel is set so and the line carries it; words that cannot be stay words."""
    wanted = MessageSettings.of(channel.settings).voice_notes
    came = any(media.voice for message in asked for media in message.media)
    if not messenger.abilities.voice_notes or wanted == "never" or (wanted == "same" and not came):
        return list(contents)
    return [_spoken(content, channel, spec) for content in contents]


def _heard(media: IncomingMedia, messenger: Messenger, spec: AgentSpec) -> str:
    try:
        audio = messenger.download(media, MOST_BYTES)
        return transcribe(audio, media.mime, language=spec.language, model=spec.models.transcriber, hints=spec.hints)
    except VoiceNoteFailed as error:
        logger.info("A voice message could not be heard: %s", error.code)
    except SendFailed as error:
        if error.verdict != "never":
            raise
        logger.info("A voice message could not be fetched: %s", error.code)
    return ""


def _spoken(content: Content, channel: Channel, spec: AgentSpec) -> Content:
    if not isinstance(content, TextContent):
        return content
    try:
        name = speak(content.text, spec.voice, language=spec.language, workspace=channel.workspace.public_id)
    except (VoiceNoteFailed, WorkerError, OSError) as error:
        logger.warning("An answer is sent as text, not as a voice message: %s", error)
        return content
    return VoiceNoteContent(audio=name, text=content.text)
