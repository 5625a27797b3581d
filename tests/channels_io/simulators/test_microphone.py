from __future__ import annotations

import numpy as np
import pytest

from channels_io.simulators.microphone import (
    FRAME_SAMPLES,
    ROOM_TONE_DBFS,
    Microphone,
    audible_end,
    audible_start,
    cut,
    room_tone,
    speech_of,
)
from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs

LOUD = np.full(1600, 3000, dtype=np.int16)
QUIET = np.zeros(1600, dtype=np.int16)


def samples_of(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2")


def test_the_room_is_never_digital_silence_and_never_audible() -> None:
    tone = room_tone()
    assert abs(level_dbfs(tone) - ROOM_TONE_DBFS) < 0.5
    assert max(level_dbfs(tone[start : start + 160]) for start in range(0, len(tone), 160)) < AUDIBLE_DBFS


def test_the_last_audible_sample() -> None:
    assert audible_end(np.concatenate([LOUD, room_tone()[:8000]])) == 1600
    assert audible_end(LOUD[:1000]) == 1000
    assert audible_end(room_tone()[:1600]) == 0
    assert audible_end(LOUD[:0]) == 0


def test_the_first_audible_sample() -> None:
    assert audible_start(np.concatenate([QUIET, LOUD])) == 1600
    assert audible_start(LOUD) == 0
    assert audible_start(QUIET) == 1600


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [(1600, 3200, 5, 9), (1599, 3201, 4, 10), (1919, 1921, 5, 6), (1920, 1921, 6, 6), (0, 0, -1, -1)],
)
def test_the_frames_with_the_first_and_the_last_audible_sample(start: int, end: int, first: int, last: int) -> None:
    speech = speech_of(np.concatenate([QUIET, LOUD, QUIET]), start=start, end=end)
    assert (speech.first, speech.last) == (first, last)


def test_what_is_audible_is_found() -> None:
    speech = speech_of(np.concatenate([QUIET, LOUD, QUIET]))
    assert (speech.first, speech.last, len(speech.frames)) == (5, 9, 15)


def test_an_utterance_comes_whole_between_room_tone() -> None:
    microphone = Microphone()
    before = microphone.next()
    said = np.concatenate([LOUD, LOUD[:100]])
    speech = speech_of(said)
    microphone.say(speech)
    frames = [microphone.next() for _ in speech.frames]
    after = microphone.next()
    assert before.speech is None
    assert after.speech is None
    assert level_dbfs(samples_of(after.pcm)) < AUDIBLE_DBFS
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert all(frame.speech is speech for frame in frames)
    sent = samples_of(b"".join(frame.pcm for frame in frames))
    assert np.array_equal(sent[: said.size], said)
    # The last frame is filled up with the room, not with zeros.
    assert sent.size == 6 * FRAME_SAMPLES
    assert np.any(sent[said.size :])
    assert level_dbfs(sent[said.size :]) < AUDIBLE_DBFS


def test_two_utterances_wait_for_each_other() -> None:
    microphone = Microphone()
    one, two = speech_of(LOUD[:FRAME_SAMPLES]), speech_of(QUIET[:FRAME_SAMPLES])
    microphone.say(one)
    microphone.say(two)
    assert [microphone.next().speech for _ in range(3)] == [one, two, None]


def test_another_room_sounds_from_the_next_frame_on() -> None:
    microphone = Microphone()
    microphone.enter(cut(np.full(2 * FRAME_SAMPLES, 9, dtype=np.int16)))
    assert samples_of(microphone.next().pcm).tolist() == [9] * FRAME_SAMPLES


def test_nothing_is_cut_into_one_frame_of_silence() -> None:
    assert cut(LOUD[:0]) == (bytes(2 * FRAME_SAMPLES),)
