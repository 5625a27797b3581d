from __future__ import annotations

import numpy as np

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
