from __future__ import annotations

import base64
import json

import pytest

from channels_io.kinds.twilio_voice.intake import BURST_SECONDS, MOST_FRAMES, StreamIntake
from channels_io.live.inbox import Inbox
from channels_io.live.messages import CallerAudio, Dtmf, Hangup, Inbound, Refused


def media(milliseconds: int = 20) -> str:
    payload = base64.b64encode(b"\xff" * 8 * milliseconds).decode()
    return json.dumps({"event": "media", "media": {"track": "inbound", "payload": payload}})


class Line:
    def __init__(self) -> None:
        self.inbox = Inbox()
        self.marks: list[str] = []
        self.intake = StreamIntake(self.inbox, self.marks.append, 100.0)

    @property
    def items(self) -> list[Inbound]:
        return list(self.inbox._items)

    def refusal(self) -> str:
        last = self.items[-1]
        assert isinstance(last, Refused), last
        return last.code


def test_sound_keys_and_marks_go_where_they_belong() -> None:
    line = Line()
    line.intake.feed(media(), 100.5)
    line.intake.feed('{"event":"dtmf","dtmf":{"digit":"5"}}', 100.6)
    line.intake.feed('{"event":"mark","mark":{"name":"m1"}}', 100.7)
    line.intake.feed('{"event":"stop"}', 100.8)
    line.intake.feed(media(), 100.9)
    sound, key, end = line.items
    assert isinstance(sound, CallerAudio)
    assert (len(sound.pcm), sound.arrived) == (320, 100.5)
    assert key == Dtmf("5")
    assert end == Hangup(), "and nothing after it"
    assert line.marks == ["m1"]
    assert line.intake.heard_at == 100.5


def test_live_speech_is_taken_for_as_long_as_it_comes() -> None:
    line = Line()
    for number in range(5000):
        line.intake.feed(media(), 100.0 + number * 0.02)
    assert all(isinstance(item, CallerAudio) for item in line.items)


def test_sound_that_nobody_could_speak_is_refused() -> None:
    line = Line()
    for _ in range(int(BURST_SECONDS / 0.02) + 2):
        line.intake.feed(media(), 100.0)
    assert line.refusal() == "too_fast"
    before = len(line.items)
    line.intake.feed(media(), 200.0)
    assert len(line.items) == before, "it stays refused"


def test_ten_thousand_frames_a_second_are_refused_whatever_they_are() -> None:
    line = Line()
    for number in range(10_000):
        line.intake.feed('{"event":"mark","mark":{"name":"m"}}', 100.0 + number / 10_000)
    assert line.refusal() == "flood"
    assert len(line.marks) <= 2 * MOST_FRAMES


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (None, "protocol"),
        ("", "protocol"),
        ("no json", "protocol"),
        ('{"event":"connected"}', "protocol"),
        ('{"event":"hello"}', "protocol"),
        ('{"event":"media","media":{"payload":"?"}}', "protocol"),
        ('{"event":"dtmf","dtmf":{"digit":"x"}}', "protocol"),
        ("x" * 17_000, "too_large"),
    ],
)
def test_what_twilio_does_not_send_ends_the_stream(frame: str | None, code: str) -> None:
    line = Line()
    line.intake.feed(frame, 100.1)
    assert line.refusal() == code
