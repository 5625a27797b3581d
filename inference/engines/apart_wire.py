"""What a worker and an engine in a process of its own say to each other.

A socket pair, frames of a 4-byte length and msgpack. Whatever is asked has a number (`call`); it is
answered by items of that number and ended by Done or Failed, after a Cancel too: then compute has
stopped. A stream is a call that lasts: to cancel it is to close it. Items are sent as far as there is
credit for them, so that an engine is never ahead of its reader by more than `CREDIT`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import struct
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from inference.engines.base import AsrOptions, ChatOptions, EngineInfo
from inference.errors import EngineError, EngineNotReady, EngineTimeout, ParleyError, ProtocolError, UnknownEngine
from inference.events import Message
from inference.lanes import LaneName
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

CREDIT = 32
"""Items of one call that may be on their way: words of a reply, or 50 ms frames of a voice."""
MAX_FRAME_BYTES = 32 << 20
"""A prompt, or a sample of a voice, is far smaller."""
_LENGTH = struct.Struct(">I")


# --- worker → engine --------------------------------------------------------------------------


class Load(Struct, frozen=True, array_like=True, tag=1):
    """First message: which engine this process is."""

    call: int
    role: str
    kind: str
    settings: dict[str, str | int | float]


class Cancel(Struct, frozen=True, array_like=True, tag=2):
    call: int


class More(Struct, frozen=True, array_like=True, tag=3):
    """`count` items of the call were taken: as many may follow."""

    call: int
    count: int


class OpenChat(Struct, frozen=True, array_like=True, tag=4):
    call: int
    prefix: tuple[Message, ...]
    more: dict[str, str]
    """What else the model's `stream` takes, by name."""


class Warm(Struct, frozen=True, array_like=True, tag=5):
    call: int
    prefix: tuple[Message, ...]
    more: dict[str, str]


class Prefill(Struct, frozen=True, array_like=True, tag=6):
    call: int
    stream: int
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]


class AskReply(Struct, frozen=True, array_like=True, tag=7):
    call: int
    stream: int
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    options: dict[str, Any]
    awaited: bool
    held: bool


class Waiting(Struct, frozen=True, array_like=True, tag=8):
    """What `ChatOptions.awaited` and `held` say of a reply by now."""

    call: int
    awaited: bool
    held: bool


class OpenEar(Struct, frozen=True, array_like=True, tag=9):
    call: int
    options: AsrOptions


class Feed(Struct, frozen=True, array_like=True, tag=10):
    stream: int
    pcm: bytes


class Reset(Struct, frozen=True, array_like=True, tag=11):
    stream: int


class Understand(Struct, frozen=True, array_like=True, tag=12):
    call: int
    stream: int
    final: bool


class Speak(Struct, frozen=True, array_like=True, tag=13):
    call: int
    voice: VoiceSpec


class Clause(Struct, frozen=True, array_like=True, tag=14):
    call: int
    text: str


class NoMoreClauses(Struct, frozen=True, array_like=True, tag=15):
    call: int


class Learn(Struct, frozen=True, array_like=True, tag=16):
    """A voice by a sample of it (WAV)."""

    call: int
    name: str
    sample: bytes


Up = (
    Load
    | Cancel
    | More
    | OpenChat
    | Warm
    | Prefill
    | AskReply
    | Waiting
    | OpenEar
    | Feed
    | Reset
    | Understand
    | Speak
    | Clause
    | NoMoreClauses
    | Learn
)

# --- engine → worker --------------------------------------------------------------------------


class Loaded(Struct, frozen=True, array_like=True, tag=1):
    call: int
    info: EngineInfo


class Opened(Struct, frozen=True, array_like=True, tag=2):
    """`window`: tokens of a chat stream; 0 where the engine does not count them."""

    call: int
    window: int = 0


class Said(Struct, frozen=True, array_like=True, tag=3):
    call: int
    text: str


class ToolAsked(Struct, frozen=True, array_like=True, tag=4):
    call: int
    tool_call: str
    name: str
    arguments: str


class Used(Struct, frozen=True, array_like=True, tag=5):
    call: int
    prompt_tokens: int
    cached_tokens: int
    reply_tokens: int


class Understood(Struct, frozen=True, array_like=True, tag=6):
    call: int
    text: str
    confidence: float
    no_speech: float
    language: str = ""
    language_probability: float = 0.0


class Spoke(Struct, frozen=True, array_like=True, tag=7):
    call: int
    pcm: bytes
    rate: int
    text: str
    words: tuple[tuple[str, int], ...]


class WantClause(Struct, frozen=True, array_like=True, tag=8):
    """The voice is ready for one more clause. The first is sent without being asked for."""

    call: int


class Done(Struct, frozen=True, array_like=True, tag=9):
    """The call is over, by itself or because it was cancelled: nothing of it is computed any more."""

    call: int


class Failed(Struct, frozen=True, array_like=True, tag=10):
    call: int
    kind: str
    code: str
    message: str


class LaneReport(Struct, frozen=True, array_like=True, tag=11):
    """What the lanes of the engine's process did since the last report; `processor` in seconds."""

    lane: LaneName
    busy: float
    served: int
    waits: tuple[float, ...]
    processor: float


Down = Loaded | Opened | Said | ToolAsked | Used | Understood | Spoke | WantClause | Done | Failed | LaneReport

_encoder = msgspec.msgpack.Encoder()
up_decoder = msgspec.msgpack.Decoder(Up)
down_decoder = msgspec.msgpack.Decoder(Down)

_ERRORS: dict[str, type[ParleyError]] = {
    each.__name__: each for each in (EngineError, EngineNotReady, EngineTimeout, UnknownEngine)
}


def failure(call: int, error: BaseException) -> Failed:
    """An exception as a message."""
    if isinstance(error, ParleyError):
        return Failed(call, type(error).__name__, error.code, error.message)
    return Failed(call, "EngineError", EngineError.code, f"{type(error).__name__}: {error}")


def error_of(message: Failed) -> ParleyError:
    """The exception again; one that is not an engine's own (weights) is an EngineError with its code."""
    return _ERRORS.get(message.kind, EngineError)(message.message, code=message.code)


def plain(options: ChatOptions) -> dict[str, Any]:
    """All that a reply's options say, but what can only be asked on this side (`awaited`, `held`)."""
    values = {each.name: getattr(options, each.name) for each in dataclasses.fields(options)}
    return {name: value for name, value in values.items() if not callable(value)}


def options_of(values: dict[str, Any], awaited: Callable[[], bool], held: Callable[[], bool]) -> ChatOptions:
    """The other way round."""
    exact: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return ChatOptions(**exact, awaited=awaited, held=held)


Message_ = TypeVar("Message_")


class Frames(asyncio.Protocol, Generic[Message_]):
    """One end of the socket. Each message goes to `received` as it comes; `lost` is called once, at the end."""

    def __init__(
        self,
        decoder: msgspec.msgpack.Decoder[Message_],
        received: Callable[[Message_], None],
        lost: Callable[[], None],
    ) -> None:
        self._decoder = decoder
        self._received = received
        self._lost = lost
        self._pending = bytearray()
        self._transport: asyncio.Transport | None = None

    @property
    def backlog(self) -> int:
        """Bytes that the other side has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, message: Struct) -> None:
        """Never blocks; what is sent after the end is dropped. Raises ProtocolError for what no frame holds."""
        if self._transport is None or self._transport.is_closing():
            return
        data = _encoder.encode(message)
        if len(data) > MAX_FRAME_BYTES:
            raise ProtocolError(f"A message of {len(data)} bytes is too long for an engine's process.")
        self._transport.write(_LENGTH.pack(len(data)) + data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        pending = self._pending
        pending += data
        position = 0
        while len(pending) - position >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(pending, position)
            if length > MAX_FRAME_BYTES:
                self.close()
                return
            end = position + _LENGTH.size + length
            if len(pending) < end:
                break
            # A copy: audio decoded from it is kept while this buffer moves on.
            message = self._decoder.decode(bytes(pending[position + _LENGTH.size : end]))
            position = end
            self._received(message)
        if position:
            del pending[:position]

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._lost()
