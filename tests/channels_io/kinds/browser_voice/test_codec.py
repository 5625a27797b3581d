from __future__ import annotations

import pytest

from channels_io.kinds.browser_voice.codec import BrowserVoiceCodec, split_audio
from channels_io.live.messages import CallerAudio, Ended, Text
from inference.errors import ProtocolError

CODEC = BrowserVoiceCodec()


@pytest.mark.parametrize("size", [2, 320, 640, 6400])
def test_whole_samples_up_to_200_ms(size: int) -> None:
    assert CODEC.decode_bytes(bytes(size), 1.5) == CallerAudio(bytes(size), 1.5)


@pytest.mark.parametrize(("size", "code"), [(0, "protocol"), (1, "protocol"), (641, "protocol"), (6402, "too_large")])
def test_refused_frames(size: int, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        CODEC.decode_bytes(bytes(size), 1.0)
    assert refused.value.code == code


def test_agent_audio_begins_with_its_turn() -> None:
    data = CODEC.encode_audio(258, b"\x01\x02")
    assert data == b"\x02\x01\x00\x00\x01\x02"
    assert split_audio(data) == (258, b"\x01\x02")


def test_agent_audio_without_a_turn_is_refused() -> None:
    with pytest.raises(ProtocolError):
        split_audio(b"\x01\x02")


def test_json_beside() -> None:
    assert CODEC.decode_text('{"type":"text","text":"Hi"}') == Text("Hi")
    assert CODEC.encode(Ended("hangup")) == '{"type":"ended","reason":"hangup"}'
