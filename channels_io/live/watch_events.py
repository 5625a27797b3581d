"""What is told to those who watch a running leg, as JSON with the tag in "type" (`docs/take-over.md`). And their live sound."""

from __future__ import annotations

import struct
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

SOUND_RATE: Final = 16_000
CALLER: Final = 0
AGENT: Final = 1
OPERATOR: Final = 2
_SOUND = struct.Struct(">BI")

Who = Literal["caller", "agent", "operator"]


class Line(Struct, frozen=True):
    """One side's turn. `by` is the name of the person who said it."""

    number: int
    role: str
    text: str
    at_ms: int
    by: str = ""


class Person(Struct, frozen=True):
    id: str
    name: str


class Hello(Struct, frozen=True, tag_field="type", tag="hello", kw_only=True):
    """The answer to a watcher who came. `to` is that watcher; nobody else needs it."""

    leg: str
    kind: str
    media: str
    agent: str
    owner: str
    owner_user: Person | None
    node: str
    variables: dict[str, Any]
    turns: tuple[Line, ...]
    number: int
    held: bool = False
    to: str = ""


class SpeakingNow(Struct, frozen=True, tag_field="type", tag="speaking"):
    who: Who
    on: bool


class PartialWords(Struct, frozen=True, tag_field="type", tag="partial"):
    text: str


class HeardWords(Struct, frozen=True, tag_field="type", tag="heard"):
    turn: int
    text: str
    at_ms: int


class ReplyWords(Struct, frozen=True, tag_field="type", tag="reply"):
    """`text` is all of it so far."""

    turn: int
    text: str
    role: str
    done: bool


class Settled(Struct, frozen=True, tag_field="type", tag="settled"):
    """What was heard of a reply."""

    turn: int
    text: str
    cut: bool


class NodeEntered(Struct, frozen=True, tag_field="type", tag="node"):
    turn: int
    node: str
    title: str
    variables: dict[str, Any]


class LanguageIs(Struct, frozen=True, tag_field="type", tag="language"):
    """What is spoken from turn `turn` on; `name` is for people."""

    turn: int
    language: str
    name: str


class TurnTimed(Struct, frozen=True, tag_field="type", tag="timing"):
    turn: int
    v2v_ms: float | None
    spans: tuple[tuple[str, float], ...]


class OwnerIs(Struct, frozen=True, tag_field="type", tag="owner"):
    owner: str
    user: Person | None
    number: int


class ToolRan(Struct, frozen=True, tag_field="type", tag="tool"):
    name: str
    ok: bool


class Whispered(Struct, frozen=True, tag_field="type", tag="whispered"):
    text: str
    by: str


class HoldIs(Struct, frozen=True, tag_field="type", tag="hold"):
    on: bool


class Problem(Struct, frozen=True, tag_field="type", tag="failed"):
    code: str
    message: str


class LegEnded(Struct, frozen=True, tag_field="type", tag="ended"):
    reason: str


WatchEvent = (
    Hello
    | SpeakingNow
    | PartialWords
    | HeardWords
    | ReplyWords
    | Settled
    | NodeEntered
    | LanguageIs
    | TurnTimed
    | OwnerIs
    | ToolRan
    | Whispered
    | HoldIs
    | Problem
    | LegEnded
)

_encoder = msgspec.json.Encoder(enc_hook=str)
_decoder = msgspec.json.Decoder(WatchEvent)


def encode_event(event: WatchEvent) -> bytes:
    return _encoder.encode(event)


def decode_event(payload: bytes | str) -> WatchEvent:
    """Raises msgspec.DecodeError."""
    event: WatchEvent = _decoder.decode(payload)
    return event


def pack_sound(side: int, at_ms: int, pcm: bytes) -> bytes:
    """1 byte side, 4 bytes big-endian ms since the leg began, PCM s16le mono 16 kHz."""
    return _SOUND.pack(side, max(0, at_ms) & 0xFFFFFFFF) + pcm


def unpack_sound(payload: bytes) -> tuple[int, int, bytes]:
    """(side, ms, PCM). Raises struct.error."""
    side, at_ms = _SOUND.unpack_from(payload)
    return int(side), int(at_ms), payload[_SOUND.size :]
