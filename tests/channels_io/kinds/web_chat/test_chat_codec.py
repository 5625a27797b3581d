from __future__ import annotations

import pytest

from channels_io.kinds.web_chat.codec import WebChatCodec
from channels_io.live.messages import Pong, Text
from inference.errors import ProtocolError

CODEC = WebChatCodec()


def test_json_both_ways() -> None:
    assert CODEC.decode_text('{"type":"text","id":"m1","text":"Hi"}') == Text("Hi", "m1")
    assert CODEC.encode(Pong()) == '{"type":"pong"}'


def test_audio_has_no_place_here() -> None:
    with pytest.raises(ProtocolError):
        CODEC.decode_bytes(bytes(640), 1.0)
    with pytest.raises(ProtocolError):
        CODEC.encode_audio(1, bytes(2))
