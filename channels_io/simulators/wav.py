"""WAV files for the simulators: any 16-bit PCM file in, mono at the wanted rate; mono out."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from inference.audio import AudioFrame, Samples, resample

MAX_SECONDS = 600


class UnreadableWav(Exception):
    """The message says what to do."""


def read_wav(path: Path, rate: int) -> Samples:
    """int16 mono samples at `rate`. Raises UnreadableWav."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, source_rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            if width != 2:
                raise UnreadableWav(f"{path} has {width * 8}-bit samples. Save it as 16-bit PCM WAV.")
            data = file.readframes(min(file.getnframes(), MAX_SECONDS * source_rate))
    except FileNotFoundError as error:
        raise UnreadableWav(f"There is no file {path}.") from error
    except (wave.Error, EOFError, OSError) as error:
        raise UnreadableWav(f"{path} is no PCM WAV file ({error}). Save it as 16-bit PCM WAV.") from error
    whole = len(data) // (2 * channels) * 2 * channels
    samples = np.frombuffer(data[:whole], dtype="<i2").reshape(-1, channels)
    mono = samples.mean(axis=1).astype(np.int16) if channels > 1 else samples[:, 0]
    if not len(mono):
        raise UnreadableWav(f"{path} holds no sound.")
    return resample(mono, source_rate, rate)


def write_wav(path: Path, audio: AudioFrame) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(audio.rate)
        file.writeframes(audio.pcm)
