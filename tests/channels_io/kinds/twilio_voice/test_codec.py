from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.kinds.twilio_voice.codec import (
    MAX_FRAME_CHARS,
    Connected,
    DtmfFrame,
    Mark,
    Media,
    Start,
    Stop,
    decode,
    encode_clear,
    encode_mark,
    encode_media,
)
from channels_io.live.messages import Dtmf
from inference.audio import AudioFrame, ulaw_decode, ulaw_encode
from inference.errors import ProtocolError

START: dict[str, Any] = {
    "event": "start",
    "sequenceNumber": "1",
    "streamSid": "MZ1",
    "start": {
        "streamSid": "MZ1",
        "accountSid": "AC1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "customParameters": {"token": "secret", "other": "x"},
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    },
}


def media(payload: str, **more: Any) -> str:
    sound = {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": payload, **more}
    return json.dumps({"event": "media", "sequenceNumber": "4", "streamSid": "MZ1", "media": sound})


def test_the_frames_of_a_call_in_order() -> None:
    assert decode('{"event":"connected","protocol":"Call","version":"1.0.0"}') == Connected()
    start = decode(json.dumps(START))
    assert isinstance(start, Start)
    assert (start.start.stream_sid, start.start.account_sid, start.start.call_sid) == ("MZ1", "AC1", "CA1")
    assert start.start.token == "secret"
    dtmf = decode(
        '{"event":"dtmf","sequenceNumber":"5","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"#"}}'
    )
    assert isinstance(dtmf, DtmfFrame)
    assert dtmf.pressed == Dtmf("#")
    mark = decode('{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"m7"}}')
    assert isinstance(mark, Mark)
    assert mark.mark.name == "m7"
    assert decode('{"event":"stop","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}') == Stop()


def test_sound_becomes_pcm() -> None:
    sound = bytes(range(256))
    frame = decode(media(base64.b64encode(sound).decode()))
    assert isinstance(frame, Media)
    assert frame.pcm == ulaw_decode(sound).astype("<i2").tobytes()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"event":"hello"}',
        '{"event":"media"}',
        '{"event":"media","media":{"payload":5.5}}',
        '{"event":"mark","mark":{}}',
        '{"event":"\\ud800"}',
        "[" * 10_000,
        json.dumps({**START, "start": {**START["start"], "mediaFormat": {"encoding": "audio/l16", "sampleRate": 8000, "channels": 1}}}),
        json.dumps({**START, "start": {**START["start"], "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1}}}),
        json.dumps({**START, "start": {**START["start"], "customParameters": {"token": {"a": 1}}}}),
    ],
)  # fmt: skip
def test_what_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(text)
    assert caught.value.code == "protocol"


@pytest.mark.parametrize("payload", ["?", "abc", "ab=c", "AAAA\n", "", "ÄÄÄÄ", "AA AA"])
def test_what_is_no_base64_is_refused(payload: str) -> None:
    frame = decode(media(payload))
    assert isinstance(frame, Media)
    with pytest.raises(ProtocolError):
        _ = frame.pcm


def test_only_the_callers_own_track_is_taken() -> None:
    frame = decode(media("////", track="outbound"))
    assert isinstance(frame, Media)
    with pytest.raises(ProtocolError):
        _ = frame.pcm


@pytest.mark.parametrize("digit", ["", "12", "x", "٣", "E"])
def test_what_is_no_key_is_refused(digit: str) -> None:
    frame = decode(json.dumps({"event": "dtmf", "dtmf": {"digit": digit}}))
    assert isinstance(frame, DtmfFrame)
    with pytest.raises(ProtocolError):
        _ = frame.pressed


def test_a_frame_has_a_largest_size() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(media("A" * MAX_FRAME_CHARS))
    assert caught.value.code == "too_large"


@given(st.text(max_size=300))
def test_any_text_is_a_frame_or_a_protocol_error(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        decode(text)


@given(st.binary(min_size=1, max_size=800))
def test_any_sound_comes_through(sound: bytes) -> None:
    frame = decode(media(base64.b64encode(sound).decode()))
    assert isinstance(frame, Media)
    assert np.array_equal(AudioFrame(frame.pcm, 8000).samples, ulaw_decode(sound))


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=400))
def test_any_reply_goes_out_as_mu_law(values: list[int]) -> None:
    samples = np.array(values, dtype=np.int16)
    sent = json.loads(encode_media("MZ1", samples.astype("<i2").tobytes()))
    assert (sent["event"], sent["streamSid"]) == ("media", "MZ1")
    assert base64.b64decode(sent["media"]["payload"], validate=True) == ulaw_encode(samples)


def test_marks_and_clear_go_out_as_twilio_wants_them() -> None:
    assert json.loads(encode_mark("MZ1", "m3")) == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "m3"}}
    assert json.loads(encode_clear("MZ1")) == {"event": "clear", "streamSid": "MZ1"}
