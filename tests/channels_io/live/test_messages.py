from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.live import messages
from channels_io.live.messages import Dtmf, Hangup, Ping, Played, Text, decode_event, decode_json, encode_json
from inference.errors import ProtocolError
from inference.events import MAX_TEXT_CHARS, Span


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ('{"type":"text","id":"m1","text":"Hi"}', Text("Hi", "m1")),
        ('{"type":"text","text":"Hi"}', Text("Hi")),
        ('{"type":"played","turn":3,"samples":960,"done":true}', Played(3, 960, True)),
        ('{"type":"dtmf","digit":"#"}', Dtmf("#")),
        ('{"type":"hangup"}', Hangup()),
        ('{"type":"ping"}', Ping()),
        ('{"type":"ping","unknown":1}', Ping()),
    ],
)
def test_what_a_page_sends(sent: str, message: object) -> None:
    assert decode_json(sent) == message


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("", "protocol"),
        ("null", "protocol"),
        ("[]", "protocol"),
        ("{", "protocol"),
        ('{"type":"audio"}', "protocol"),
        ('{"type":"text"}', "protocol"),
        ('{"type":"text","text":5}', "protocol"),
        ('{"type":"text","text":"\\ud800"}', "protocol"),
        ('{"type":"dtmf","digit":"12"}', "protocol"),
        ('{"type":"played","turn":-1,"samples":0}', "protocol"),
        ('{"type":"played","turn":1,"samples":1e99}', "protocol"),
        ("[" * 60_000, "protocol"),
        (json.dumps({"type": "text", "text": "x", "id": "i" * 65}), "protocol"),
        (json.dumps({"type": "text", "text": "x" * (MAX_TEXT_CHARS + 1)}), "too_large"),
        ("x" * (messages.MAX_JSON_BYTES + 1), "too_large"),
    ],
)
def test_what_is_refused(sent: str, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        decode_json(sent)
    assert refused.value.code == code


@given(st.text())
def test_any_text_is_a_message_or_refused(sent: str) -> None:
    with suppress(ProtocolError):
        decode_json(sent)


@pytest.mark.parametrize(
    "event",
    [
        messages.Ready("cv_1", "lg_1", "Ada", 16000, 24000, False),
        messages.SpeechStarted(2),
        messages.Floor("duck", 2),
        messages.Floor("hold", 2),
        messages.Floor("release", 2),
        messages.Partial("wha"),
        messages.Heard(2, "What?", "voice", ""),
        messages.ReplyText(2, "This."),
        messages.ReplyDone(2, "This.", 480, ""),
        messages.Clear(2),
        messages.Timing(2, 350.5, (Span("wire", 3.5),), 1, 2, 3),
        messages.Timing(2, None, (), 0, 0, 0),
        messages.Timing(2, 712.5, (Span("gate", 3.5),), 1, 2, 3, guesses_wasted=2, filler=True),
        messages.OwnerState("human"),
        messages.Failed("worker_lost", "Wait.", False),
        messages.Ended("hangup"),
        messages.Pong(),
    ],
)
def test_events_travel_as_json(event: messages.ChannelEvent) -> None:
    assert decode_event(encode_json(event)) == event


def test_the_json_is_what_the_wire_page_says() -> None:
    timing = messages.Timing(2, 350.5, (Span("wire", 3.5),), 1, 2, 3)
    assert json.loads(encode_json(timing)) == {
        "type": "timing",
        "turn": 2,
        "v2v_ms": 350.5,
        "spans": [{"name": "wire", "ms": 3.5}],
        "prompt_tokens": 1,
        "cached_tokens": 2,
        "reply_tokens": 3,
        "guesses_wasted": 0,
        "filler": False,
    }


def test_the_floor_as_a_page_reads_it() -> None:
    assert json.loads(encode_json(messages.Floor("hold", 2))) == {"type": "floor", "move": "hold", "turn": 2}
