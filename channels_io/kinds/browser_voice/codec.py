"""The browser's voice socket: PCM s16le 16 kHz up, turn number + PCM s16le 24 kHz down, JSON beside."""

from __future__ import annotations

import struct

from channels_io.live.messages import CallerAudio, ChannelEvent, Inbound, decode_json, encode_json
from inference.errors import ProtocolError

RATE_IN = 16_000
RATE_OUT = 24_000
MAX_FRAME_BYTES = RATE_IN * 2 // 5
"""200 ms."""
_TURN = struct.Struct("<I")


class BrowserVoiceCodec:
    def decode_text(self, text: str) -> Inbound:
        return decode_json(text)

    def decode_bytes(self, data: bytes, arrived: float) -> Inbound:
        if len(data) > MAX_FRAME_BYTES:
            raise ProtocolError(f"An audio frame may have at most {MAX_FRAME_BYTES} bytes (200 ms).", code="too_large")
        if not data or len(data) % 2:
            raise ProtocolError("An audio frame holds whole 16-bit samples.")
        return CallerAudio(data, arrived)

    def encode(self, event: ChannelEvent) -> str:
        return encode_json(event)

    def encode_audio(self, turn: int, pcm: bytes) -> bytes:
        return _TURN.pack(turn) + pcm


def split_audio(data: bytes) -> tuple[int, bytes]:
    """(turn, PCM) of a message that came down: what a client does. Raises ProtocolError."""
    if len(data) < _TURN.size:
        raise ProtocolError("Agent audio begins with its turn number, 4 bytes.")
    return int(_TURN.unpack_from(data)[0]), data[_TURN.size :]
