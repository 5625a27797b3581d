from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_io.live.pacer import AHEAD_SECONDS, LIMIT_SECONDS, Paced, Pacer, Schedule
from inference.errors import ProtocolError
from tests.channels_io.live.virtual_time import run_virtual

RATE = 24_000
FRAME = RATE // 50


def pcm(milliseconds: float) -> bytes:
    return bytes(int(RATE * milliseconds / 1000) * 2)


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
    schedule.clear()
    assert schedule.silent(0.03)
    assert drain(schedule, 0.03) == []
    schedule.push(2, pcm(20))
    assert [frame.turn for frame in drain(schedule, 0.03)] == [2]


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
