from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from channels_io import recordings
from channels_io.recordings import AGENT_RATE, RATE, StereoWriter
from inference.audio import Samples


@pytest.fixture
def folder(tmp_path: Path, settings: object) -> Path:
    settings.PARLEY_RECORDINGS = tmp_path / "recordings"
    return tmp_path / "recordings"


def ramp(count: int, value: int) -> Samples:
    return np.full(count, value, dtype=np.int16)


def read(path: Path) -> np.ndarray:
    """Frames of the file as the standard library reads them: shape (n, 2)."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


def test_both_sides_lie_where_they_sounded(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    writer.caller(ramp(RATE, 1000), 0)
    writer.agent(ramp(AGENT_RATE, 2000), AGENT_RATE * 3 // 2)
    writer.caller(ramp(RATE // 2, 3000), 3 * RATE)
    writer.close()
    frames = read(tmp_path / "a.wav")
    assert len(frames) == 7 * RATE // 2
    assert set(frames[:RATE, 0]) == {1000}
    assert not frames[RATE : 3 * RATE, 0].any()
    assert set(frames[3 * RATE :, 0]) == {3000}
    assert not frames[: 3 * RATE // 2, 1].any()
    middle = frames[3 * RATE // 2 + 200 : 5 * RATE // 2 - 200, 1]
    assert np.abs(middle.astype(int) - 2000).max() <= 2
    assert not frames[5 * RATE // 2 + 200 :, 1].any()


def test_agent_audio_in_frames_is_as_long_as_in_one_piece(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    for place in range(0, AGENT_RATE * 4, 480):
        writer.agent(ramp(480, 5000), place)
    writer.close()
    frames = read(tmp_path / "a.wav")
    assert len(frames) == 4 * RATE
    assert np.abs(frames[200:-200, 1].astype(int) - 5000).max() <= 2


def test_jitter_of_the_clock_does_not_tear_a_reply(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    for number, place in enumerate(range(0, AGENT_RATE, 480)):
        writer.agent(ramp(480, 5000), place + (37 if number % 2 else -21))
    writer.close()
    assert (read(tmp_path / "a.wav")[200 : RATE - 200, 1] > 4900).all()


def test_cut_takes_back_what_was_not_played(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    writer.agent(ramp(AGENT_RATE * 6, 4000), 0)
    writer.caller(ramp(RATE * 6, 100), 0)
    writer.cut(AGENT_RATE)
    writer.agent(ramp(AGENT_RATE, 6000), AGENT_RATE * 4)
    writer.close()
    frames = read(tmp_path / "a.wav")
    assert (frames[200 : RATE - 200, 1] > 3900).all()
    assert not frames[RATE : 4 * RATE - 10, 1].any()
    assert (frames[4 * RATE + 200 : 5 * RATE - 200, 1] > 5900).all()
    assert set(frames[:, 0]) == {100}


def test_late_audio_is_put_into_the_file(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    writer.caller(ramp(RATE * 10, 100), 0)
    writer.agent(ramp(AGENT_RATE, 4000), AGENT_RATE)
    writer.close()
    frames = read(tmp_path / "a.wav")
    assert set(frames[:, 0]) == {100}
    assert (frames[RATE + 200 : 2 * RATE - 200, 1] > 3900).all()
    assert not frames[2 * RATE + 10 :, 1].any()


def test_negative_places_and_odd_bytes_are_taken(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    writer.caller(b"\x01\x00" * 100 + b"\x07", -40)
    writer.caller(b"", 10_000)
    writer.close()
    assert read(tmp_path / "a.wav")[:, 0].tolist() == [1] * 60


def test_memory_stays_bounded_over_a_long_call(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    held = writer._window.nbytes
    for second in range(120):
        writer.caller(ramp(RATE, second), second * RATE)
    assert writer._window.nbytes == held == 2 * RATE * 4
    writer.close()
    assert read(tmp_path / "a.wav")[::RATE, 0].tolist() == list(range(120))


def test_what_comes_after_the_longest_recording_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "MAX_SECONDS", 2)
    writer = StereoWriter(tmp_path / "a.wav")
    writer.caller(ramp(RATE * 3, 5), 0)
    writer.agent(ramp(AGENT_RATE, 5), AGENT_RATE * 9)
    writer.close()
    assert len(read(tmp_path / "a.wav")) == 2 * RATE


def test_the_file_is_valid_before_it_is_closed(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    assert len(read(tmp_path / "a.wav")) == 0
    writer.caller(ramp(RATE * 5, 100), 0)
    assert len(read(tmp_path / "a.wav")) >= 3 * RATE
    writer.close()


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    StereoWriter(tmp_path / "a.wav").close()
    assert (tmp_path / "a.wav").stat().st_mode & 0o777 == 0o600


def test_finish_repairs_a_torn_file(folder: Path) -> None:
    writer = StereoWriter(recordings.path_of("ws/x.wav"))
    writer.caller(ramp(RATE * 2, 16384), 0)
    writer.close()
    path = recordings.path_of("ws/x.wav")
    with path.open("r+b") as file:  # as a crash leaves it: sizes of an earlier flush, half a frame at the end
        file.seek(40)
        file.write(b"\0\0\0\0")
        file.seek(0, 2)
        file.write(b"\x01\x02\x03")
    summary = recordings.finish("ws/x.wav")
    assert summary.ms == 2000
    assert len(read(path)) == 2 * RATE
    assert summary.peaks == {"step_ms": 20.0, "caller": [128] * 100, "agent": [0] * 100}


def test_finish_removes_a_file_without_sound(folder: Path) -> None:
    StereoWriter(recordings.path_of("ws/x.wav")).close()
    assert recordings.finish("ws/x.wav") == recordings.Summary()
    assert not recordings.path_of("ws/x.wav").exists()
    assert recordings.finish("ws/never.wav") == recordings.Summary()


def test_peaks_stay_few_for_a_long_recording(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "a.wav")
    for second in range(90):
        writer.caller(ramp(RATE, -32768), second * RATE)
    writer.close()
    peaks = recordings.peaks(tmp_path / "a.wav")
    assert peaks["step_ms"] == 100.0
    assert peaks["caller"] == [255] * 900
    assert peaks["agent"] == [0] * 900


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/passwd", "", "ws/../../x.wav"])
def test_names_cannot_leave_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="below the recordings folder"):
        recordings.path_of(name)
