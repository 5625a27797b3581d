from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from channels_io.simulators.wav import UnreadableWav, read_wav, write_wav
from inference.audio import AudioFrame


def save(path: Path, *, rate: int, channels: int = 1, width: int = 2, data: bytes = b"\x00\x10" * 4800) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    samples = np.arange(-500, 500, dtype=np.int16)
    write_wav(tmp_path / "a.wav", AudioFrame.from_samples(samples, 16_000))
    assert np.array_equal(read_wav(tmp_path / "a.wav", 16_000), samples)


def test_any_rate_and_both_sides_of_a_stereo_file(tmp_path: Path) -> None:
    assert len(read_wav(save(tmp_path / "a.wav", rate=48_000), 16_000)) == 1600
    stereo = save(tmp_path / "b.wav", rate=16_000, channels=2, data=b"\x00\x10\x00\x30" * 100)
    assert set(read_wav(stereo, 16_000).tolist()) == {0x2000}


def test_unreadable_files_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    for path, words in (
        (tmp_path / "none.wav", "no file"),
        (tmp_path / "text.wav", "Save it as 16-bit PCM WAV"),
        (save(tmp_path / "wide.wav", rate=16_000, width=3, data=b"abc"), "24-bit"),
        (save(tmp_path / "empty.wav", rate=16_000, data=b""), "no sound"),
        (tmp_path, "Save it as"),
    ):
        with pytest.raises(UnreadableWav, match=words):
            read_wav(path, 16_000)
