from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.lib import sound, sound_decoder
from parley.lib.sound import SoundRefused, read_sound


def wav(seconds: float, rate: int, channels: int = 1, width: int = 2) -> bytes:
    tone = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 440 / rate) * 0.3
    scale = 2 ** (8 * width - 1) - 1
    whole = np.repeat((tone * scale).astype("<i4")[:, None], channels, axis=1)
    data = (
        whole.astype("<i2").tobytes()
        if width == 2
        else b"".join(int(v).to_bytes(3, "little", signed=True) for v in whole.ravel())
    )
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return target.getvalue()


def no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = subprocess.CompletedProcess((), sound_decoder.NO_DECODER)
    monkeypatch.setattr(sound.subprocess, "run", lambda *_args, **_more: missing)


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (24_000, 1), (44_100, 2), (48_000, 2)])
def test_plain_wav_needs_no_decoder(monkeypatch: pytest.MonkeyPatch, rate: int, channels: int) -> None:
    no_decoder(monkeypatch)
    samples = read_sound(wav(2, rate, channels), 24_000, 30)
    assert samples.size == pytest.approx(48_000, abs=5)
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    assert np.argmax(spectrum) * 24_000 / samples.size == pytest.approx(440, abs=2)
    assert 0.27 * 32767 < np.abs(samples).max() < 0.33 * 32767


def test_other_files_are_read_by_the_decoder() -> None:
    pytest.importorskip("av")
    samples = read_sound(wav(2, 48_000, 2, 3), 24_000, 30)
    assert samples.size == pytest.approx(48_000, abs=50)


def test_without_a_decoder_other_files_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    no_decoder(monkeypatch)
    with pytest.raises(SoundRefused) as refused:
        read_sound(wav(1, 48_000, 2, 3), 24_000, 30)
    assert refused.value.code == "no_decoder"


def test_the_length_is_bounded() -> None:
    with pytest.raises(SoundRefused) as refused:
        read_sound(wav(4, 8_000), 24_000, 3)
    assert refused.value.code == "too_long"
    assert read_sound(wav(3, 8_000), 24_000, 3).size == 72_000


def test_an_empty_file_holds_nothing() -> None:
    assert read_sound(wav(0, 8_000), 24_000, 3).size == 0


@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_damaged_wav_is_refused_and_nothing_else(tail: bytes, place: int, value: int) -> None:
    data = bytearray(wav(0.05, 8_000) + tail)
    data[place] = value
    read = sound._plain_wav(bytes(data), 3)
    assert read is None or 8_000 <= read.rate <= 192_000
