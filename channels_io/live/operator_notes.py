"""What is asked of the process that runs a leg, over the topic `control`: JSON with the tag in "do". Closed and small."""

from __future__ import annotations

import msgspec
from msgspec import Struct


class WatchNote(Struct, frozen=True, tag_field="do", tag="watch"):
    """Somebody watches, said again every 10 s. `watcher` is a name that a socket gave itself."""

    listen: bool = False
    watcher: str = ""


class LeftNote(Struct, frozen=True, tag_field="do", tag="left"):
    watcher: str


class HereNote(Struct, frozen=True, tag_field="do", tag="here"):
    """The person who owns is at their browser, as of owner number `number`; said a few times a second."""

    number: int


class OwnerNote(Struct, frozen=True, tag_field="do", tag="owner"):
    """The owner has changed: read the row."""

    number: int


class WhisperNote(Struct, frozen=True, tag_field="do", tag="whisper"):
    """`by` is the name of who whispers."""

    text: str
    by: str = ""


class SayNote(Struct, frozen=True, tag_field="do", tag="say"):
    text: str
    by: str = ""


class ToldNote(Struct, frozen=True, tag_field="do", tag="told"):
    """A person wrote `text` to the contact, and it is in the record already as `turn`. `by` is what they are called."""

    text: str
    by: str = ""
    turn: str = ""


class HoldNote(Struct, frozen=True, tag_field="do", tag="hold"):
    on: bool


class EndNote(Struct, frozen=True, tag_field="do", tag="end"):
    pass


class TransferNote(Struct, frozen=True, tag_field="do", tag="transfer"):
    """`target`: one of the channel's people, by name or number."""

    target: str


Note = (
    WatchNote | LeftNote | HereNote | OwnerNote | WhisperNote | SayNote | ToldNote | HoldNote | EndNote | TransferNote
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Note)


def encode_note(note: Note) -> bytes:
    return _encoder.encode(note)


def decode_note(payload: bytes) -> Note | None:
    """None for what is none of these."""
    try:
        note: Note = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return note
