"""The chat socket: the JSON of the voice socket without audio."""

from __future__ import annotations

from channels_io.live.messages import ChannelEvent, Inbound, decode_json, encode_json
from inference.errors import ProtocolError


class WebChatCodec:
    def decode_text(self, text: str) -> Inbound:
        return decode_json(text)

    def decode_bytes(self, data: bytes, arrived: float) -> Inbound:
        raise ProtocolError("This socket carries no audio.")

    def encode(self, event: ChannelEvent) -> str:
        return encode_json(event)

    def encode_audio(self, turn: int, pcm: bytes) -> bytes:
        raise ProtocolError("This socket carries no audio.")
