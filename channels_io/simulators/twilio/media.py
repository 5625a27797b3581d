"""Sound of the simulated telephone network: 20 ms µ-law frames ready to send, tones, WAV. Pure."""

from __future__ import annotations

import base64
import io
import wave
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from channels_io.simulators.twilio.ear import FRAME_BYTES, RATE
from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs, resample, ulaw_decode, ulaw_encode

ROOM_DBFS = -60.0
HUM_HZ, HUM_DBFS = 180.0, -25.0
BEEP_HZ, BEEP_SECONDS = 1000.0, 0.4
_WINDOW = RATE // 100
_WAV_PCM, _WAV_ULAW = 1, 7


@dataclass(frozen=True, slots=True)
class Frame:
    ulaw: bytes
    payload: str
    """The same in base64, as Media Streams sends it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """`first`, `last`: frames with the first and the last audible sample; -1 when there is none."""

    frames: tuple[Frame, ...]
    first: int
    last: int
    text: str = ""


class NoSound(ValueError):
    """These bytes are no sound that the simulator can play."""


def clip_of(samples: Samples, text: str = "", *, start: int | None = None, end: int | None = None) -> Clip:
    """int16 8 kHz samples in frames; what is missing of the last one is room tone.

    `start`: the first audible sample, `end`: the one after the last; found when not given.
    """
    windows = range(0, len(samples), _WINDOW)
    loud = [at for at in windows if level_dbfs(samples[at : at + _WINDOW]) > AUDIBLE_DBFS]
    start = (loud[0] if loud else len(samples)) if start is None else start
    end = (min(loud[-1] + _WINDOW, len(samples)) if loud else 0) if end is None else end
    missing = -len(samples) % FRAME_BYTES
    whole = np.concatenate([samples, _room_samples()[:missing]]) if missing else samples
    audible = end > start
    return Clip(
        frames_of(whole), start // FRAME_BYTES if audible else -1, (end - 1) // FRAME_BYTES if audible else -1, text
    )


def frames_of(samples: Samples) -> tuple[Frame, ...]:
    """Whole frames; samples beyond the last whole frame are left out."""
    ulaw = ulaw_encode(samples)
    whole = len(ulaw) // FRAME_BYTES * FRAME_BYTES
    return tuple(_frame(ulaw[at : at + FRAME_BYTES]) for at in range(0, whole, FRAME_BYTES))


def _frame(ulaw: bytes) -> Frame:
    return Frame(ulaw, base64.b64encode(ulaw).decode())


@lru_cache(maxsize=1)
def room() -> tuple[Frame, ...]:
    """Two seconds of room tone, the same every time: a line never gives digital zeros."""
    return frames_of(_room_samples())


@lru_cache(maxsize=1)
def _room_samples() -> Samples:
    amplitude = 32768 * 10 ** (ROOM_DBFS / 20)
    return np.random.default_rng(7).normal(0.0, amplitude, 2 * RATE).astype(np.int16)


def hum(seconds: float) -> bytes:
    """µ-law of the length of a sentence: how <Say> sounds here."""
    return tone(HUM_HZ, seconds, HUM_DBFS)


def beep() -> bytes:
    return tone(BEEP_HZ, BEEP_SECONDS, -15.0)


def tone(hertz: float, seconds: float, dbfs: float) -> bytes:
    """µ-law of a sine, whole frames."""
    count = max(1, round(seconds * RATE / FRAME_BYTES)) * FRAME_BYTES
    amplitude = 32768 * np.sqrt(2) * 10 ** (dbfs / 20)
    wave_ = amplitude * np.sin(2 * np.pi * hertz * np.arange(count) / RATE)
    return ulaw_encode(np.clip(wave_, -32767, 32767).astype(np.int16))


def machine_greeting(seconds: float, *, beeps: bool) -> Clip:
    """What an answering machine says to whoever calls it."""
    return clip_of(ulaw_decode(hum(seconds) + (beep() if beeps else b"")))


def read_sound(data: bytes) -> Samples:
    """int16 mono at 8 kHz of a WAV, PCM 16 bit or µ-law. Raises NoSound."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE" and data[20:22] == _WAV_ULAW.to_bytes(2, "little"):
        return _ulaw_wav(data)
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise NoSound(f"no WAV: {error}") from error
    if width != 2:
        raise NoSound(f"{8 * width}-bit samples")
    samples = np.frombuffer(pcm[: len(pcm) // (2 * channels) * 2 * channels], dtype="<i2").reshape(-1, channels)
    return resample(samples.mean(axis=1).astype(np.int16), rate, RATE)


def _ulaw_wav(data: bytes) -> Samples:
    """The standard library reads PCM only."""
    channels, rate = int.from_bytes(data[22:24], "little"), int.from_bytes(data[24:28], "little")
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            samples = ulaw_decode(data[at + 8 : at + 8 + size])
            mono = samples[: len(samples) // channels * channels].reshape(-1, channels).mean(axis=1).astype(np.int16)
            return resample(mono, rate, RATE)
        at += 8 + size + size % 2
    raise NoSound("a WAV without data")


def wav_of(*channels: Samples, rate: int = RATE) -> bytes:
    """A 16-bit WAV; channels of unequal length are filled up with silence."""
    longest = max(len(samples) for samples in channels)
    table = np.zeros((longest, len(channels)), dtype="<i2")
    for index, samples in enumerate(channels):
        table[: len(samples), index] = samples
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(table.tobytes())
    return buffer.getvalue()
