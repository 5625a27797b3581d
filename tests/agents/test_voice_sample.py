from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from agents.voice_sample import KEPT_SECONDS, RATE, SampleRefused, cut_sample
from inference.audio import Samples, level_dbfs
from inference.cloning import MOST_SAMPLE_BYTES, clone_name
from tests.support.voices import talk


def read(data: bytes) -> Samples:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def quiet(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.int16)


def noise(seconds: float, share: float) -> Samples:
    dice = np.random.default_rng(3)
    return (dice.normal(0, share, int(seconds * RATE)) * 32767).astype(np.int16)


def test_speech_is_kept_and_what_is_around_it_is_not() -> None:
    sample = cut_sample(np.concatenate([quiet(3), talk(6), quiet(4)]))
    samples = read(sample.wav)
    assert 4.5 < samples.size / RATE < 6.6
    assert sample.seconds == samples.size / RATE
    assert abs(int(samples[0])) < 200 and abs(int(samples[-1])) < 200


def test_a_long_recording_gives_the_first_twelve_seconds_of_speech() -> None:
    spoken = talk(29)
    sample = cut_sample(spoken)
    assert 8 <= sample.seconds <= KEPT_SECONDS
    assert len(sample.wav) <= MOST_SAMPLE_BYTES
    changed = spoken.copy()
    changed[20 * RATE :] = 0
    shorter = cut_sample(changed)
    assert shorter.seconds == sample.seconds


def test_soft_and_loud_recordings_come_out_alike() -> None:
    soft, loud = (read(cut_sample(talk(6, peak=peak)).wav) for peak in (0.1, 0.9))
    assert level_dbfs(soft) == pytest.approx(level_dbfs(loud), abs=0.5)
    assert -24 < level_dbfs(loud) < -18
    assert np.abs(loud.astype(int)).max() < 32_000


def test_the_same_recording_is_the_same_voice() -> None:
    one, again, other = cut_sample(talk(5)), cut_sample(talk(5)), cut_sample(talk(5, seed=2))
    assert one == again
    assert one.digest != other.digest
    assert clone_name(one.wav) == f"clone:{one.digest[:32]}"


@pytest.mark.parametrize(
    ("recording", "code"),
    [
        (talk(2.9), "too_short"),
        (quiet(0), "too_short"),
        (talk(31), "too_long"),
        (quiet(6), "too_quiet"),
        (talk(6, peak=0.008), "too_quiet"),
        (noise(6, 0.1), "not_speech"),
        ((np.sin(np.arange(6 * RATE) / 20) * 9000).astype(np.int16), "not_speech"),
        (np.concatenate([talk(1.5), quiet(4)]), "little_speech"),
        (np.clip(talk(6, peak=0.9).astype(int) * 4, -32768, 32767).astype(np.int16), "clipped"),
    ],
)
def test_what_is_refused(recording: Samples, code: str) -> None:
    with pytest.raises(SampleRefused) as refused:
        cut_sample(recording)
    assert refused.value.code == code


def test_a_hum_under_speech_and_an_offset_do_no_harm() -> None:
    hummed = talk(6).astype(int) + (np.sin(np.arange(6 * RATE) / 60) * 120).astype(int) + 900
    assert cut_sample(hummed.astype(np.int16)).seconds > 4
