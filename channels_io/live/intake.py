"""What a socket brings, checked: codec, sizes, and a pace that live speech can have. Never waits."""

from __future__ import annotations

from typing import Protocol

from channels_io.base import CloseCode
from channels_io.live.inbox import Inbox
from channels_io.live.limits import Limits
from channels_io.live.messages import CallerAudio, ChannelEvent, Inbound, Refused
from inference.errors import ProtocolError


class Codec(Protocol):
    """Pure: a kind's socket messages ↔ what sessions speak. Raises ProtocolError (`too_large`, `protocol`)."""

    def decode_text(self, text: str) -> Inbound: ...

    def decode_bytes(self, data: bytes, arrived: float) -> Inbound: ...

    def encode(self, event: ChannelEvent) -> str: ...

    def encode_audio(self, turn: int, pcm: bytes) -> bytes: ...


class Intake:
    """Caller audio may come at twice real time, plus a burst: more is a wrong rate or an attack."""

    def __init__(self, codec: Codec, inbox: Inbox, *, rate: int, limits: Limits, started: float) -> None:
        self._codec = codec
        self._inbox = inbox
        self._rate = rate
        self._burst = limits.input_burst
        self._started = started
        self._samples = 0
        self._closed = False

    def feed(self, text: str | None, data: bytes | None, now: float) -> None:
        """Take one socket message. What breaks the rules ends the line with a code."""
        if self._closed:
            return
        try:
            inbound = self._codec.decode_text(text) if text is not None else self._codec.decode_bytes(data or b"", now)
        except ProtocolError as error:
            code = CloseCode.TOO_LARGE if error.code == "too_large" else CloseCode.PROTOCOL
            self._refuse(code, error.code, error.message)
            return
        if isinstance(inbound, CallerAudio):
            self._samples += len(inbound.pcm) // 2
            if self._samples / self._rate > 2 * (now - self._started) + self._burst:
                message = (
                    f"Audio comes faster than it can be spoken. Send 16-bit mono at {self._rate} Hz, in real time."
                )
                self._refuse(CloseCode.TOO_LARGE, "too_fast", message)
                return
        if not self._inbox.put(inbound):
            self._refuse(CloseCode.TOO_LARGE, "flood", "Too many messages at once.")

    def _refuse(self, close_code: CloseCode, code: str, message: str) -> None:
        self._closed = True
        self._inbox.put(Refused(close_code, code, message))
