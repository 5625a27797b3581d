from __future__ import annotations

import random

import pytest

from channels_io.live.jitter import ADDED_MS, LEAD_MS, MOST_MS, TARGET_MS, JitterBuffer
from inference.audio import FRAME_MS

RATE = 16_000
FRAME = RATE * FRAME_MS // 1000 * 2


def frame(number: int) -> bytes:
    return number.to_bytes(2, "little") * (FRAME // 2)


def number_of(pcm: bytes) -> int:
    return int.from_bytes(pcm[:2], "little")


def play(arrivals: list[float]) -> tuple[dict[int, float], JitterBuffer]:
    """Frames that arrive at these moments (seconds) → when each begins to sound. Exact: time moves to what is next."""
    buffer, sounds = JitterBuffer(RATE), {}
    waiting = list(enumerate(arrivals))
    now = 0.0
    while waiting or buffer.wait(now) != float("inf"):
        next_arrival = waiting[0][1] if waiting else float("inf")
        now = min(next_arrival, now + buffer.wait(now)) if next_arrival > now else now
        while waiting and waiting[0][1] <= now:
            index, _ = waiting.pop(0)
            buffer.push(frame(index), now)
        while (due := buffer.due(now)) is not None:
            sounds[number_of(due[0])] = due[1]
    return sounds, buffer


def test_the_sum_of_what_is_added_is_within_100_ms() -> None:
    assert ADDED_MS == FRAME_MS + MOST_MS
    assert ADDED_MS <= 100
    assert LEAD_MS < TARGET_MS <= MOST_MS <= 60


def test_a_steady_microphone_is_late_by_the_target_and_loses_nothing() -> None:
    arrivals = [index * 0.02 for index in range(200)]
    sounds, buffer = play(arrivals)
    assert len(sounds) == 200
    assert buffer.dropped == 0
    late = [round((sounds[index] - arrivals[index]) * 1000) for index in range(200)]
    assert set(late) == {TARGET_MS}


@pytest.mark.parametrize("seed", range(20))
def test_however_it_comes_no_sample_is_later_than_the_bound(seed: int) -> None:
    rng = random.Random(seed)
    now, arrivals = 0.0, []
    for index in range(400):
        now = max(now, index * 0.02 + rng.choice((0.0, 0.0, 0.005, 0.03, 0.12, 0.4)))
        arrivals.append(now)
    sounds, buffer = play(arrivals)
    assert len(sounds) + buffer.dropped == 400
    for index, at in sounds.items():
        assert (at - arrivals[index]) * 1000 <= MOST_MS + 1e-6
    assert list(sounds.values()) == sorted(sounds.values())


def test_a_burst_after_a_stall_is_shortened_to_the_target() -> None:
    arrivals = [index * 0.02 for index in range(10)] + [1.0] * 30 + [1.0 + index * 0.02 for index in range(1, 50)]
    sounds, buffer = play(arrivals)
    assert buffer.dropped >= 27
    assert round((sounds[88] - arrivals[88]) * 1000) <= MOST_MS


def test_pieces_of_any_length_become_frames() -> None:
    buffer = JitterBuffer(RATE)
    for _ in range(7):
        buffer.push(bytes(182), 0.0)
    assert buffer.waiting_ms == 20
    buffer.push(bytes(6), 0.0)
    assert buffer.waiting_ms == 40


def test_cleared_it_begins_anew() -> None:
    buffer = JitterBuffer(RATE)
    buffer.push(frame(1), 0.0)
    buffer.clear()
    assert buffer.wait(0.0) == float("inf")
    buffer.push(frame(2), 5.0)
    assert buffer.due(5.0) is None
    due = buffer.due(5.0 + TARGET_MS / 1000)
    assert due is not None
    assert number_of(due[0]) == 2
