from __future__ import annotations

from channels_io.live.caller_clock import KEEP_FRAMES, CallerClock


def test_a_sample_arrives_with_its_frame() -> None:
    clock = CallerClock(16_000)
    clock.sent(320, 1.00)
    clock.sent(320, 1.02)
    clock.sent(320, 1.05)
    assert [clock.arrival(sample) for sample in (0, 319, 320, 639, 640, 959, 960)] == [
        1.00,
        1.00,
        1.02,
        1.02,
        1.05,
        1.05,
        None,
    ]


def test_a_sample_was_spoken_before_the_end_of_its_frame() -> None:
    clock = CallerClock(16_000)
    clock.sent(320, 1.0)
    assert clock.spoken_at(160) == 1.0 - 160 / 16_000
    assert clock.spoken_at(5000) is None


def test_a_new_worker_counts_from_zero() -> None:
    clock = CallerClock(16_000)
    clock.sent(320, 1.0)
    clock.restart()
    assert clock.arrival(0) is None
    clock.sent(320, 9.0)
    assert clock.arrival(0) == 9.0


def test_a_day_of_frames_takes_no_more_memory_than_two_minutes() -> None:
    clock = CallerClock(16_000)
    for frame in range(KEEP_FRAMES * 3):
        clock.sent(320, frame * 0.02)
    assert clock.arrival(0) is None
    assert clock.arrival(KEEP_FRAMES * 3 * 320 - 1) == (KEEP_FRAMES * 3 - 1) * 0.02
