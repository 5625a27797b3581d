"""What is heard, and when."""

from __future__ import annotations

import numpy as np

from channels_io.simulators.twilio.ear import Ear
from channels_io.simulators.twilio.media import tone
from inference.audio import ulaw_encode

LOUD = tone(300.0, 0.1, -15.0)
HUSH = ulaw_encode(np.zeros(800, dtype=np.int16))
CLICK = LOUD[:80] + HUSH[:80]


def test_the_first_sound_is_the_first_20_ms_above_the_level() -> None:
    ear = Ear()
    ear.queue(HUSH, 5.0)
    ear.queue(CLICK, 5.0)
    ear.queue(HUSH, 5.0)
    ear.queue(LOUD, 5.0)
    assert ear.sounds.first_from(5.0) == 5.0 + 0.1 + 0.02 + 0.1
    assert ear.sounds.first_from(5.23) is None
    assert abs((ear.sounds.last_end() or 0) - 5.32) < 1e-9


def test_sound_that_goes_on_in_the_next_piece_is_one_sound() -> None:
    ear = Ear()
    for _ in range(3):
        ear.queue(LOUD, 1.0)
    [sound] = ear.sounds.all()
    assert (round(sound.began, 6), round(sound.ended, 6)) == (1.0, 1.3)


def test_quiet_is_known_only_once_something_was_heard_and_is_over() -> None:
    ear = Ear()
    assert ear.quiet_since(1.0) is None
    ear.queue(LOUD, 2.0)
    assert ear.quiet_since(2.05) is None
    assert abs((ear.quiet_since(3.0) or 0) - 2.1) < 1e-9


def test_what_two_people_say_at_once_is_heard_together() -> None:
    ear = Ear()
    ear.overlay(LOUD, 1.0)
    alone = ear.clip(1.0).astype(np.int32)
    ear.overlay(LOUD, 1.0)
    assert np.array_equal(ear.clip(1.0), np.clip(2 * alone, -32768, 32767).astype(np.int16))
    assert len(ear.clip(1.0, 1.05)) == 400


def test_a_clip_that_begins_late_or_early_keeps_the_time() -> None:
    ear = Ear()
    ear.queue(LOUD, 1.0)
    assert not ear.clip(0.5)[:4000].any()
    assert np.array_equal(ear.clip(1.05), ear.clip(1.0)[400:])
