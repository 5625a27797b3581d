"""Sound files of strangers → samples, and samples → WAV. Blocking.

Plain WAV is read here; everything else by a program of its own (`sound_decoder`), with a cap on length, memory and time.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np

from inference.audio import AudioFrame, Samples, resample
from inference.errors import ParleyError
from parley.lib import sound_decoder

DECODE_SECONDS: Final = 60.0
RATES: Final = (8_000, 192_000)
MOST_CHANNELS: Final = 8


class SoundRefused(ParleyError):
    """code: not_audio, too_long, no_decoder (only WAV can be read here: PyAV is not installed)."""

    code = "not_audio"
    permanent = True


def read_sound(data: bytes, rate: int, most_seconds: int) -> Samples:
    """Mono, at `rate`; as long as it is at most `most_seconds`. Raises SoundRefused."""
    plain = _plain_wav(data, most_seconds)
    if plain is not None:
        return resample(plain.samples, plain.rate, rate) if plain.sample_count else plain.samples
    with tempfile.TemporaryDirectory(prefix="parley-sound-") as folder:
        source, target = Path(folder, "sound"), Path(folder, "sound.wav")
        source.write_bytes(data)
        match decode_file(source, target, rate, most_seconds):
            case 0:
                with wave.open(str(target)) as file:
                    return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            case sound_decoder.TOO_LONG:
                raise SoundRefused(f"It is longer than {most_seconds} s.", code="too_long")
            case sound_decoder.NO_DECODER:
                raise SoundRefused("Only 16-bit WAV can be read here.", code="no_decoder")
    raise SoundRefused("No sound could be read.")


def decode_file(source: Path, target: Path, rate: int, most_seconds: int) -> int:
    """An exit code of `sound_decoder`; after 0 `target` is a WAV."""
    program = (sys.executable, "-I", sound_decoder.__file__)
    command = (*program, str(source), str(target), str(rate), str(most_seconds))
    try:
        ended = subprocess.run(command, timeout=DECODE_SECONDS, check=False, capture_output=True, close_fds=True)
    except subprocess.TimeoutExpired:
        return sound_decoder.NO_SOUND
    return ended.returncode


def wav_bytes(frame: AudioFrame) -> bytes:
    """A 16-bit mono WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(frame.rate)
        file.writeframes(frame.pcm)
    return buffer.getvalue()


def _plain_wav(data: bytes, most_seconds: int) -> AudioFrame | None:
    """What a WAV of 16-bit samples holds; None for every other file. Raises SoundRefused where it is too long."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels = file.getframerate(), file.getnchannels()
            if file.getsampwidth() != 2 or not RATES[0] <= rate <= RATES[1] or channels > MOST_CHANNELS:
                return None
            frames = file.readframes(rate * most_seconds + 1)
    except (wave.Error, EOFError, RuntimeError):  # RuntimeError: a chunk says that it is longer than the file
        return None
    whole = np.frombuffer(frames[: len(frames) // (2 * channels) * 2 * channels], dtype="<i2").reshape(-1, channels)
    if len(whole) > rate * most_seconds:
        raise SoundRefused(f"It is longer than {most_seconds} s.", code="too_long")
    mono = np.rint(whole.mean(axis=1)).astype(np.int16) if channels > 1 else whole[:, 0]
    return AudioFrame.from_samples(mono, rate)
