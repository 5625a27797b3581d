from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.live.pacer import AHEAD_SECONDS, LIMIT_SECONDS, Paced, Pacer, Schedule
from inference.errors import ProtocolError
from tests.support.virtual_time import run_virtual

RATE = 24_000
FRAME = RATE // 50


def pcm(milliseconds: float) -> bytes:
    return bytes(int(RATE * milliseconds / 1000) * 2)


def marked(first: int, milliseconds: float) -> bytes:
    """Samples that count up from `first`."""
    return np.arange(first, first + int(RATE * milliseconds / 1000), dtype="<i2").tobytes()


def drain(schedule: Schedule, now: float) -> list[Paced]:
    frames = []
    while (paced := schedule.due(now)) is not None:
        frames.append(paced)
    return frames


def test_first_frames_leave_at_once_up_to_80_ms() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(1000))
    frames = drain(schedule, 5.0)
    assert [len(frame.pcm) for frame in frames] == [FRAME * 2] * 4
    assert schedule.wait(5.0) == pytest.approx(0.02)


def test_then_one_frame_every_20_ms() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(1000))
    drain(schedule, 0.0)
    assert drain(schedule, 0.0199) == []
    assert len(drain(schedule, 0.0201)) == 1
    assert len(drain(schedule, 0.1001)) == 4


def test_after_running_dry_the_next_frame_leaves_at_once() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(40))
    drain(schedule, 0.0)
    schedule.push(1, pcm(100))
    assert len(drain(schedule, 10.0)) == 4


def test_a_rest_waits_for_its_frame_until_the_player_would_run_dry() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(50))
    assert [len(frame.pcm) // 2 for frame in drain(schedule, 0.0)] == [480, 480]
    assert schedule.wait(0.0) == pytest.approx(0.02)
    assert drain(schedule, 0.019) == []
    assert [len(frame.pcm) // 2 for frame in drain(schedule, 0.02)] == [240]


def test_the_rest_of_a_finished_reply_leaves_without_waiting() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(50))
    schedule.finish(1)
    assert [len(frame.pcm) // 2 for frame in drain(schedule, 0.0)] == [480, 480, 240]
    assert schedule.finished(1)


def test_clear_drops_what_waits_and_what_the_player_held() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(1000))
    drain(schedule, 0.0)
    assert schedule.played(1, 0.03) == round(0.03 * RATE)
    schedule.clear(0.03)
    assert schedule.silent(0.03)
    assert drain(schedule, 0.03) == []
    schedule.push(2, pcm(20))
    assert [frame.turn for frame in drain(schedule, 0.03)] == [2]


def test_what_was_cleared_out_of_the_player_never_counts_as_played() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(1000))
    drain(schedule, 0.0)
    schedule.clear(0.03)
    assert [schedule.played(1, at) for at in (0.03, 0.08, 9.0)] == [720, 720, 720]


def test_while_held_nothing_leaves_and_time_stands_still() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(1000))
    drain(schedule, 0.0)
    schedule.hold(0.03)
    assert drain(schedule, 5.0) == []
    assert schedule.wait(5.0) == float("inf")
    assert [schedule.played(1, at) for at in (0.03, 0.06, 5.0)] == [720, 720, 720]
    assert not schedule.silent(5.0)
    schedule.hold(4.0)
    assert schedule.played(1, 5.0) == 720, "a second hold changes nothing"


def test_release_goes_on_with_what_the_player_kept() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, marked(0, 100))
    schedule.finish(1)
    sent = b"".join(paced.pcm for paced in drain(schedule, 0.0))
    schedule.hold(0.03)
    kept = schedule.release(5.0)
    assert b"".join(paced.pcm for paced in kept) == sent[720 * 2 :]
    # 50 ms lie in the player: the next frame leaves when 60 are left, as ever.
    assert schedule.play_ends() == pytest.approx(5.05)
    assert [len(paced.pcm) // 2 for paced in drain(schedule, 5.0)] == [480]
    assert [schedule.played(1, at) for at in (5.0, 5.01, 5.07, 9.0)] == [720, 960, 2400, 2400]
    assert [schedule.silent(at) for at in (5.069, 5.071)] == [False, True]


def test_a_player_that_cannot_hold_gets_again_what_it_dropped() -> None:
    schedule = Schedule(RATE)
    whole = marked(0, 100)
    schedule.push(1, whole)
    schedule.finish(1)
    drain(schedule, 0.0)
    schedule.hold(0.03, player_keeps=False)
    assert (schedule.sent(1), schedule.played(1, 5.0)) == (720, 720)
    assert not schedule.finished(1)
    assert schedule.release(5.0) == ()
    again = drain(schedule, 5.0)
    assert b"".join(paced.pcm for paced in again) == whole[720 * 2 :]
    assert [len(paced.pcm) // 2 for paced in again] == [480, 480, 480, 240]
    assert schedule.played(1, 5.01) == 960
    assert schedule.finished(1)


def test_what_is_taken_back_may_belong_to_two_replies() -> None:
    schedule = Schedule(RATE)
    first, second = marked(0, 40), marked(1000, 200)
    schedule.push(1, first)
    schedule.finish(1)
    schedule.push(2, second)
    drain(schedule, 0.0)
    schedule.hold(0.01, player_keeps=False)
    assert (schedule.played(1, 0.5), schedule.played(2, 0.5)) == (240, 0)
    schedule.release(0.5)
    again = drain(schedule, 0.5)
    assert b"".join(paced.pcm for paced in again if paced.turn == 1) == first[240 * 2 :]
    now = 0.5
    while (wait := schedule.wait(now)) != float("inf"):
        now += wait
        again += drain(schedule, now)
        schedule.finish(2)
    assert b"".join(paced.pcm for paced in again if paced.turn == 2) == second
    assert [paced.turn for paced in again] == sorted(paced.turn for paced in again)


def test_a_hold_of_silence_keeps_what_comes_meanwhile() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(20))
    drain(schedule, 0.0)
    schedule.hold(3.0)
    assert schedule.silent(3.0)
    schedule.push(1, pcm(100))
    assert drain(schedule, 4.0) == []
    assert not schedule.silent(4.0)
    assert schedule.release(4.0) == ()
    assert len(drain(schedule, 4.0)) == 4
    assert schedule.played(1, 4.0) == 480


def test_clear_ends_a_hold_where_it_was_held() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(1000))
    drain(schedule, 0.0)
    schedule.hold(0.03)
    schedule.clear(2.0)
    assert schedule.played(1, 2.5) == 720
    assert schedule.silent(2.0)
    schedule.push(2, pcm(20))
    assert [paced.turn for paced in drain(schedule, 2.0)] == [2]
    assert schedule.release(3.0) == ()


def test_played_follows_real_time_and_ends_at_what_was_sent() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(60))
    schedule.finish(1)
    drain(schedule, 2.0)
    assert [schedule.played(1, 2.0 + at) for at in (0.0, 0.03, 0.06, 1.0)] == [0, 720, 1440, 1440]
    assert schedule.played(7, 2.0) == 0


def test_two_replies_follow_each_other() -> None:
    schedule = Schedule(RATE)
    schedule.push(1, pcm(30))
    schedule.push(2, pcm(30))
    schedule.finish(2)
    frames = drain(schedule, 0.0)
    assert [(frame.turn, len(frame.pcm) // 2) for frame in frames] == [(1, 480), (1, 240), (2, 480), (2, 240)]
    assert schedule.played(1, 0.03) == 720
    assert schedule.played(2, 0.03) == 0
    assert schedule.played(2, 0.06) == 720


def test_a_worker_that_ignores_its_credit_is_refused() -> None:
    schedule = Schedule(RATE)
    for _ in range(int(LIMIT_SECONDS) + 1):
        schedule.push(1, pcm(1000))
    with pytest.raises(ProtocolError):
        schedule.push(1, pcm(1000))


@given(
    pieces=st.lists(st.integers(min_value=1, max_value=3000), min_size=1, max_size=20),
    steps=st.lists(st.floats(min_value=0.001, max_value=0.2), min_size=1, max_size=50),
)
def test_all_audio_comes_out_in_order_and_never_too_far_ahead(pieces: list[int], steps: list[float]) -> None:
    schedule = Schedule(RATE)
    source = b"".join(bytes([index % 251, 0]) * count for index, count in enumerate(pieces))
    given_so_far = iter(pieces)
    position = 0
    now = 0.0
    out = b""
    for step in steps:
        count = next(given_so_far, 0)
        schedule.push(1, source[position : position + count * 2]) if count else None
        position += count * 2
        now += step
        for paced in drain(schedule, now):
            out += paced.pcm
        assert schedule.play_ends() - now <= AHEAD_SECONDS + 1e-5
    schedule.finish(1)
    for _ in range(len(source)):
        if schedule.wait(now) == float("inf"):
            break
        now += schedule.wait(now)
        out += b"".join(paced.pcm for paced in drain(schedule, now))
    assert out == source[:position]


@given(
    moves=st.lists(st.tuples(st.floats(0.001, 0.3), st.sampled_from(["hold", "release", "wait"])), max_size=30),
    keeps=st.booleans(),
)
def test_whatever_is_held_and_released_every_sample_sounds_once(moves: list[tuple[float, str]], keeps: bool) -> None:
    """What a player would have played, put together from what was sent, dropped and counted."""
    schedule = Schedule(RATE)
    whole = marked(0, 1300)
    schedule.push(1, whole)
    schedule.finish(1)
    now = 0.0
    heard = b""
    player = b""
    held = False

    def sounds(until: float) -> None:
        nonlocal heard, player
        count = schedule.played(1, until) * 2 - len(heard)
        heard, player = heard + player[:count], player[count:]

    for seconds, move in [*moves, (0.001, "release")]:
        now += seconds
        sounds(now)
        if move == "hold" and not held:
            schedule.hold(now, player_keeps=keeps)
            player = player if keeps else b""
            held = True
        elif move == "release":
            kept = schedule.release(now)
            assert b"".join(paced.pcm for paced in kept) == (player if held else b"")
            held = False
        player += b"".join(paced.pcm for paced in drain(schedule, now))
        assert not (held and drain(schedule, now))
        assert len(player) // 2 <= (AHEAD_SECONDS + 1e-3) * RATE
    while schedule.wait(now) != float("inf"):
        now += schedule.wait(now) + 1e-9
        sounds(now)
        player += b"".join(paced.pcm for paced in drain(schedule, now))
    sounds(now + 1)
    assert heard == whole
    assert schedule.played(1, now + 1) == len(whole) // 2


def test_the_task_writes_in_real_time() -> None:
    async def main() -> list[tuple[float, int]]:
        clock = asyncio.get_running_loop().time
        began = clock()
        written: list[tuple[float, int]] = []

        async def write(paced: Paced) -> None:
            written.append((round(clock() - began, 3), len(paced.pcm) // 2))

        pacer = Pacer(Schedule(RATE), write, clock)
        running = asyncio.create_task(pacer.run())
        await asyncio.sleep(0.5)
        pacer.push(1, pcm(140))
        pacer.finish(1)
        await asyncio.sleep(1)
        running.cancel()
        return written

    assert run_virtual(main()) == [
        (0.5, 480),
        (0.5, 480),
        (0.5, 480),
        (0.5, 480),
        (0.52, 480),
        (0.54, 480),
        (0.56, 480),
    ]


def test_the_task_stops_while_held() -> None:
    async def main() -> list[tuple[float, int]]:
        clock = asyncio.get_running_loop().time
        began = clock()
        written: list[tuple[float, int]] = []

        async def write(paced: Paced) -> None:
            written.append((round(clock() - began, 3), len(paced.pcm) // 2))

        pacer = Pacer(Schedule(RATE), write, clock)
        running = asyncio.create_task(pacer.run())
        pacer.push(1, pcm(140))
        pacer.finish(1)
        await asyncio.sleep(0.03)
        pacer.hold(player_keeps=True)
        await asyncio.sleep(1)
        assert sum(len(paced.pcm) // 2 for paced in pacer.release()) == 1680
        await asyncio.sleep(1)
        running.cancel()
        return written

    # 10 ms of the third frame's wait were left when it was held.
    assert run_virtual(main())[4:] == [(0.02, 480), (1.04, 480), (1.06, 480)]
