"""Twilio's buffer: when marks come back, and what a clear does."""

from __future__ import annotations

from channels_io.simulators.twilio.media import tone
from channels_io.simulators.twilio.playout import Playout

SECOND = tone(300.0, 1.0, -15.0)


def test_audio_waits_for_what_came_before_it() -> None:
    playout = Playout()
    assert playout.receive(SECOND, 10.0) == 10.0
    assert playout.receive(SECOND, 10.1) == 11.0
    assert playout.ends == 12.0
    assert not playout.silent(11.9)
    assert playout.silent(12.0)


def test_a_mark_comes_back_when_what_stands_before_it_has_sounded() -> None:
    playout = Playout()
    playout.receive(SECOND, 10.0)
    playout.mark("first", 10.0)
    playout.receive(SECOND, 10.0)
    playout.mark("second", 10.0)
    assert playout.next_due() == 11.0
    assert playout.due(10.99) == []
    assert playout.due(11.0) == ["first"]
    assert playout.due(12.5) == ["second"]
    assert playout.next_due() is None


def test_a_mark_with_nothing_before_it_comes_back_at_once() -> None:
    playout = Playout()
    playout.mark("now", 10.0)
    assert playout.due(10.0) == ["now"]


def test_a_clear_falls_silent_and_gives_all_marks_back() -> None:
    playout = Playout()
    playout.receive(SECOND, 10.0)
    playout.mark("half", 10.0)
    playout.receive(SECOND, 10.0)
    playout.mark("end", 10.0)
    assert playout.clear(10.5) == ["half", "end"]
    assert playout.due(20.0) == []
    assert playout.silent(10.5)
    assert playout.receive(SECOND, 10.6) == 10.6
    # 0.5 s of what was cleared sounded, then 0.1 s of nothing, then the new second.
    assert len(playout.ear.clip(10.0)) == 8000 * 16 // 10
    assert [(round(sound.began, 3), round(sound.ended, 3)) for sound in playout.ear.sounds.all()] == [
        (10.0, 10.5),
        (10.6, 11.6),
    ]


def test_more_than_ten_minutes_are_thrown_away() -> None:
    playout = Playout()
    assert playout.receive(SECOND * 599, 0.0) == 0.0
    assert playout.receive(SECOND * 2, 0.0) is None
    assert playout.overflowed
    assert playout.receive(SECOND, 0.0) == 599.0
