from __future__ import annotations

import numpy as np
import pytest

from channels_io.live.messages import Played
from channels_io.simulators.player import Player

RATE = 24_000


def pcm(samples: int, value: int = 7) -> bytes:
    return np.full(samples, value, dtype="<i2").tobytes()


def test_audio_sounds_at_once_and_in_order() -> None:
    player = Player(RATE)
    player.receive(1, pcm(2400), 10.0)
    player.receive(1, pcm(2400), 10.01)
    assert player.ends() == 10.2
    assert [player.played(1, at) for at in (10.0, 10.1, 10.2, 11.0)] == [0, 2400, 4800, 4800]
    assert not player.silent(10.19)
    assert player.silent(10.2)


def test_clear_silences_and_reports_where_it_stopped() -> None:
    player = Player(RATE)
    player.receive(1, pcm(24_000), 10.0)
    assert player.clear(1, 10.25) == Played(1, 6000, True)
    assert player.silent(10.25)
    assert player.played(1, 12.0) == 6000
    assert len(player.heard(10.0)) - 1 == 6000
    assert player.complete(1)


def test_held_it_is_silent_and_counts_no_further() -> None:
    player = Player(RATE)
    player.receive(1, pcm(24_000), 10.0)
    player.hold(10.25)
    player.hold(10.5)
    player.receive(1, pcm(2400), 10.6)
    assert player.held
    assert player.silent(10.3)
    assert [player.played(1, at) for at in (10.25, 10.6, 15.0)] == [6000, 6000, 6000]
    assert player.reports(10.5) == [Played(1, 6000)]
    assert player.reports(10.9) == []
    assert len(player.heard(10.0)) - 1 == 6000


def test_released_it_goes_on_where_it_was_held() -> None:
    player = Player(RATE)
    player.receive(1, pcm(12_000, 5) + pcm(12_000, 6), 10.0)
    player.hold(10.25)
    player.receive(1, pcm(2400, 7), 10.6)
    player.release(11.0)
    assert not player.held
    assert not player.silent(11.0)
    assert [player.played(1, at) for at in (11.0, 11.25, 11.85, 12.0)] == [6000, 12_000, 26_400, 26_400]
    assert player.ends() == pytest.approx(11.85)
    assert player.turn_ends(1) == pytest.approx(11.85)
    clip = player.heard(10.0)
    assert [int(clip[round(RATE * at)]) for at in (0.2, 0.3, 0.9, 1.1, 1.3, 1.8)] == [5, 0, 0, 5, 6, 7]
    assert np.count_nonzero(clip) == 26_400


def test_cleared_while_held_it_stopped_where_it_was_held() -> None:
    player = Player(RATE)
    player.receive(1, pcm(24_000), 10.0)
    player.hold(10.25)
    assert player.clear(1, 11.0) == Played(1, 6000, True)
    assert not player.held
    player.receive(2, pcm(2400), 11.2)
    assert player.ends() == pytest.approx(11.3)
    assert np.count_nonzero(player.heard(10.0)) == 8400


def test_reports_say_only_what_is_new() -> None:
    player = Player(RATE)
    player.receive(3, pcm(2400), 10.0)
    player.reply_done(3, 2400)
    assert player.reports(10.05) == [Played(3, 1200)]
    assert player.reports(10.05) == []
    assert player.reports(10.5) == [Played(3, 2400, True)]
    assert player.reports(11.0) == []


def test_a_reply_is_complete_when_all_of_it_has_come() -> None:
    player = Player(RATE)
    player.receive(1, pcm(100), 10.0)
    assert not player.complete(1)
    player.reply_done(1, 200)
    assert not player.complete(1)
    player.receive(1, pcm(100), 10.0)
    assert player.complete(1)


def test_the_clip_holds_silence_where_nothing_sounded() -> None:
    player = Player(RATE)
    player.receive(1, pcm(2400, 5), 10.1)
    player.receive(2, pcm(2400, 6), 10.5)
    clip = player.heard(10.0)
    assert [int(clip[round(RATE * at)]) for at in (0.05, 0.15, 0.3, 0.55)] == [0, 5, 0, 6]
