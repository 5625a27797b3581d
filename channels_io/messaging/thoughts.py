"""Several quick messages → one thought, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, TypeVar

from django.utils.translation import gettext as _

from channels_io.messaging.provider import IncomingMedia, IncomingMessage
from inference.events import MAX_TEXT_CHARS

MOST_MESSAGES: Final = 30


class Arrived(Protocol):
    """An `InboundEvent`, as far as order goes."""

    @property
    def pk(self) -> int: ...

    @property
    def provider_at(self) -> datetime | None: ...

    @property
    def received_at(self) -> datetime: ...


Event = TypeVar("Event", bound=Arrived)


def in_order(events: Sequence[Event]) -> list[Event]:
    """As the person sent them where the provider says when, else as they came. Equal times keep the order of arrival."""
    return sorted(events, key=lambda event: (event.provider_at or event.received_at, event.pk))


@dataclass(frozen=True, slots=True)
class Piece:
    """A message of a thought, and whether the agent is to answer it (a keyword is not for the agent)."""

    message: IncomingMessage
    keyword: bool = False


def first_thought(pieces: Sequence[Piece]) -> int:
    """How many of the first pieces belong together: a keyword stands alone, and a thought has an end."""
    if not pieces:
        return 0
    if pieces[0].keyword:
        return 1
    letters = 0
    for number, piece in enumerate(pieces):
        letters += len(piece.message.text) + 1
        if piece.keyword or number >= MOST_MESSAGES or (number and letters > MAX_TEXT_CHARS):
            return number
    return len(pieces)


def words_of(messages: Sequence[IncomingMessage], transcripts: Mapping[str, str]) -> str:
    """What the agent reads: each message a line. `transcripts` by the reference of a voice note."""
    lines = [line for message in messages for line in _lines(message, transcripts)]
    return "\n".join(lines)[:MAX_TEXT_CHARS]


def _lines(message: IncomingMessage, transcripts: Mapping[str, str]) -> list[str]:
    lines = [transcripts.get(media.reference) or note_of(media) for media in message.media]
    text = message.text.strip() or message.choice.strip()
    return [*lines, text] if text else lines


def note_of(media: IncomingMedia) -> str:
    """Media that cannot be read, in words: "(sent a picture)"."""
    match sort_of(media):
        case "voice":
            return _("(sent a voice message that could not be understood)")
        case "picture":
            return _("(sent a picture)")
        case "video":
            return _("(sent a video)")
        case "sound":
            return _("(sent a sound file)")
        case "contact":
            return _("(sent a contact)")
        case "file" if media.name:
            return _("(sent the file %(name)s)") % {"name": media.name[:80]}
        case "file":
            return _("(sent a file)")


def sort_of(media: IncomingMedia) -> Literal["voice", "picture", "video", "sound", "contact", "file"]:
    if media.voice:
        return "voice"
    kind = media.mime.split(";")[0].strip().lower()
    if kind in ("text/vcard", "text/x-vcard"):
        return "contact"
    match kind.split("/")[0]:
        case "image":
            return "picture"
        case "video":
            return "video"
        case "audio":
            return "sound"
    return "file"
