"""Frames and files."""

from __future__ import annotations

import base64
import io
import wave

import numpy as np
import pytest

from channels_io.simulators.twilio.media import NoSound, clip_of, read_sound, room, wav_of
from inference.audio import ulaw_encode
from tests.channels_io.simulators.twilio.desk import speech


def test_a_clip_knows_the_frames_of_its_first_and_last_audible_sample() -> None:
    quiet = np.zeros(800, dtype=np.int16)
    clip = clip_of(np.concatenate([quiet, speech(0.1), quiet, np.zeros(50, dtype=np.int16)]))
    assert (clip.first, clip.last) == (5, 9)
    assert all(len(frame.ulaw) == 160 for frame in clip.frames)
    assert len(clip.frames) == 16
    assert base64.b64decode(clip.frames[5].payload) == clip.frames[5].ulaw


def test_silence_has_no_audible_frame() -> None:
    assert (clip_of(np.zeros(800, dtype=np.int16)).first, clip_of(np.zeros(800, dtype=np.int16)).last) == (-1, -1)


def test_a_line_never_gives_digital_zeros() -> None:
    assert any(frame.ulaw.strip(b"\xff") for frame in room())


@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_is_read_as_it_was_written(channels: int) -> None:
    samples = speech(0.2)
    assert np.array_equal(read_sound(wav_of(*[samples] * channels)), samples)


def test_a_mu_law_wav_is_read_too() -> None:
    samples = speech(0.1)
    data = ulaw_encode(samples)
    header = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += (7).to_bytes(2, "little") + (1).to_bytes(2, "little") + (8000).to_bytes(4, "little") * 2
    header += (1).to_bytes(2, "little") + (8).to_bytes(2, "little") + b"data" + len(data).to_bytes(4, "little")
    assert ulaw_encode(read_sound(header + data)) == data


@pytest.mark.parametrize("data", [b"", b"ID3 an mp3", b"RIFF1234WAVEfmt "])
def test_what_is_no_wav_is_said_so(data: bytes) -> None:
    with pytest.raises(NoSound):
        read_sound(data)


def test_eight_bit_wavs_are_not_played() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 100)
    with pytest.raises(NoSound, match="8-bit"):
        read_sound(buffer.getvalue())
