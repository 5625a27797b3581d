"""What a session and a channel tell each other, and the JSON that Parley's own sockets speak.

A channel hands a session `Inbound`; a session hands a channel `ChannelEvent`. Audio travels beside
them as bytes. The browser kinds write these structs as JSON with the tag in "type" (`docs/wire.md`);
other kinds translate them into their provider's words.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from inference.errors import ProtocolError
from inference.events import MAX_TEXT_CHARS, Span

MAX_JSON_BYTES = 64 * 1024
MAX_ID_CHARS = 64

# --- channel → session ------------------------------------------------------------------------


class CallerAudio(Struct, frozen=True):
    """PCM s16le mono at the leg's `rate_in`; `arrived` is the loop's clock, in seconds."""

    pcm: bytes
    arrived: float


class Text(Struct, frozen=True, tag_field="type", tag="text"):
    """The caller typed. The same `id` sent twice is one message."""

    text: str
    id: str = ""


class Dtmf(Struct, frozen=True, tag_field="type", tag="dtmf"):
    digit: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D"]


class Played(Struct, frozen=True, tag_field="type", tag="played"):
    """How much of reply `turn` the caller's player has played, in samples at `rate_out`."""

    turn: int
    samples: int
    done: bool = False


class Hangup(Struct, frozen=True, tag_field="type", tag="hangup"):
    pass


class Ping(Struct, frozen=True, tag_field="type", tag="ping"):
    """Keeps an otherwise silent socket alive; answered with Pong."""


class Gone(Struct, frozen=True):
    """The other side is no longer there."""


class Refused(Struct, frozen=True):
    """The other side broke the rules of the socket: the session ends with this close code."""

    close_code: int
    code: str
    message: str


JsonUp = Text | Dtmf | Played | Hangup | Ping
Inbound = CallerAudio | Text | Dtmf | Played | Hangup | Ping | Gone | Refused

# --- session → channel ------------------------------------------------------------------------


class Ready(Struct, frozen=True, tag_field="type", tag="ready"):
    conversation: str
    leg: str
    agent: str
    rate_in: int
    rate_out: int
    resumed: bool


class Waiting(Struct, frozen=True, tag_field="type", tag="waiting"):
    """Before `ready`: all lines are busy, and the caller is number `place` among those who wait. Said again every second."""

    place: int


class SpeechStarted(Struct, frozen=True, tag_field="type", tag="speech_started"):
    """The caller began to speak. A caption: what it does to the player is said by Floor."""

    turn: int


class Floor(Struct, frozen=True, tag_field="type", tag="floor"):
    """`duck`: play reply `turn` softer. `hold`: silence at once, keep what you have and count no further.
    `release`: full volume, from where you stopped. After a `hold` comes `release` or `clear`."""

    move: Literal["duck", "hold", "release"]
    turn: int


class Partial(Struct, frozen=True, tag_field="type", tag="partial"):
    text: str


class Heard(Struct, frozen=True, tag_field="type", tag="heard"):
    turn: int
    text: str
    source: Literal["voice", "text", "dtmf"]
    id: str = ""


class ReplyText(Struct, frozen=True, tag_field="type", tag="reply_text"):
    turn: int
    text: str


class ReplyDone(Struct, frozen=True, tag_field="type", tag="reply_done"):
    turn: int
    text: str
    samples: int
    end: str = ""


class Clear(Struct, frozen=True, tag_field="type", tag="clear"):
    """Reply `turn` is cut: drop all audio you hold, then report `played` with `done`."""

    turn: int


class Timing(Struct, frozen=True, tag_field="type", tag="timing"):
    """`v2v_ms` is null for an answer to typed text: nobody spoke."""

    turn: int
    v2v_ms: float | None
    spans: tuple[Span, ...]
    prompt_tokens: int
    cached_tokens: int
    reply_tokens: int
    guesses_wasted: int = 0
    """Answers begun and dropped before this one, because the caller went on."""
    filler: bool = False
    """The answer was late, and a filler was said first."""


class Entered(Struct, frozen=True, tag_field="type", tag="entered"):
    """Nodes that turn `turn` passed, in order, and what the flow knows now. Only whoever tests an agent is told."""

    turn: int
    nodes: tuple[str, ...]
    variables: dict[str, Any]


class OwnerState(Struct, frozen=True, tag_field="type", tag="state"):
    """`name`: what the person is called who answers from now on; empty: nobody in particular."""

    owner: Literal["ai", "human"]
    name: str = ""


class Failed(Struct, frozen=True, tag_field="type", tag="failed"):
    code: str
    message: str
    fatal: bool


class Ended(Struct, frozen=True, tag_field="type", tag="ended"):
    reason: str


class Pong(Struct, frozen=True, tag_field="type", tag="pong"):
    pass


ChannelEvent = (
    Ready
    | Waiting
    | SpeechStarted
    | Floor
    | Partial
    | Heard
    | ReplyText
    | ReplyDone
    | Clear
    | Timing
    | Entered
    | OwnerState
    | Failed
    | Ended
    | Pong
)

_decoder = msgspec.json.Decoder(JsonUp)
_encoder = msgspec.json.Encoder()


def decode_json(text: str) -> JsonUp:
    """Raises ProtocolError with code `too_large` or `protocol`; a lone surrogate is refused here."""
    if len(text) > MAX_JSON_BYTES:
        raise ProtocolError(f"A message may have at most {MAX_JSON_BYTES} bytes.", code="too_large")
    try:
        message: JsonUp = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProtocolError(f"Not a message of this socket: {error}") from error
    match message:
        case Text(text=typed) if len(typed) > MAX_TEXT_CHARS:
            raise ProtocolError(f"Text may have at most {MAX_TEXT_CHARS} characters.", code="too_large")
        case Text(id=identifier) if len(identifier) > MAX_ID_CHARS:
            raise ProtocolError(f"An id may have at most {MAX_ID_CHARS} characters.")
        case Played(turn=turn, samples=samples) if turn < 0 or samples < 0:
            raise ProtocolError("turn and samples count from 0.")
    return message


def encode_json(event: ChannelEvent) -> str:
    return _encoder.encode(event).decode()


_event_decoder = msgspec.json.Decoder(ChannelEvent)


def decode_event(text: str) -> ChannelEvent:
    """What a client reads. Raises msgspec.DecodeError."""
    event: ChannelEvent = _event_decoder.decode(text)
    return event
