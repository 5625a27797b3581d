"""The caller's microphone: 20 ms frames without end, room tone where nobody speaks. Pure.

Utterances and rooms are cut into frames beforehand, so that handing one out costs next to nothing:
what sends them must be on time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inference.audio import AUDIBLE_DBFS, FRAME_MS, Samples, level_dbfs

RATE = 16_000
FRAME_SAMPLES = RATE * FRAME_MS // 1000
WINDOW = RATE // 100
"""10 ms, the window that decides what counts as audible."""
ROOM_TONE_DBFS = -60.0


@dataclass(frozen=True, slots=True)
class Speech:
    """An utterance in frames."""

    frames: tuple[bytes, ...]
    first: int
    """The frame with the first audible sample; -1 when there is none."""
    last: int
    """The frame with the last audible sample; -1 when there is none."""


@dataclass(frozen=True, slots=True)
class Frame:
    pcm: bytes
    speech: Speech | None = None
    index: int = 0
    """Within `speech`."""


class Microphone:
    def __init__(self) -> None:
        self.enter(quiet_room())
        self._queue: deque[Speech] = deque()
        self._index = 0
        self._handed = 0

    def enter(self, room: tuple[bytes, ...]) -> None:
        """From now on the room sounds like these frames, again and again."""
        self._tone = room

    def say(self, speech: Speech) -> None:
        self._queue.append(speech)

    def next(self) -> Frame:
        self._handed += 1
        if not self._queue:
            return Frame(self._tone[self._handed % len(self._tone)])
        speech, index = self._queue[0], self._index
        self._index += 1
        if self._index >= len(speech.frames):
            self._queue.popleft()
            self._index = 0
        return Frame(speech.frames[index], speech, index)


def speech_of(
    samples: Samples, *, start: int | None = None, end: int | None = None, room: tuple[bytes, ...] | None = None
) -> Speech:
    """int16 16 kHz samples as an utterance; what is missing of the last frame is filled from `room`.

    `start`: the first audible sample, `end`: the one after the last; found when not given.
    """
    start = audible_start(samples) if start is None else start
    end = audible_end(samples) if end is None else end
    missing = -len(samples) % FRAME_SAMPLES
    tone = np.frombuffer((room or quiet_room())[0], dtype="<i2")[FRAME_SAMPLES - missing :] if missing else samples[:0]
    audible = end > start
    return Speech(
        cut(np.concatenate([samples, tone])),
        start // FRAME_SAMPLES if audible else -1,
        (end - 1) // FRAME_SAMPLES if audible else -1,
    )


@lru_cache(maxsize=1)
def quiet_room() -> tuple[bytes, ...]:
    """Frames of `room_tone`."""
    return cut(room_tone())


def cut(samples: Samples) -> tuple[bytes, ...]:
    """Whole frames as they go over the wire; at least one, of silence when there are no samples."""
    pcm = samples.astype("<i2", copy=False).tobytes()
    size = 2 * FRAME_SAMPLES
    return tuple(pcm[at : at + size] for at in range(0, len(pcm), size)) or (bytes(size),)


def room_tone(seconds: float = 2.0) -> Samples:
    """Soft noise, the same every time: a microphone never gives digital zeros."""
    amplitude = 32768 * 10 ** (ROOM_TONE_DBFS / 20)
    noise = np.random.default_rng(7).normal(0.0, amplitude, int(RATE * seconds))
    return noise.astype(np.int16)


def audible_start(samples: Samples) -> int:
    """Index of the first 10 ms window above -45 dBFS; the length when there is none."""
    return next((at for at in _windows(samples) if _audible(samples, at)), len(samples))


def audible_end(samples: Samples) -> int:
    """Index after the last 10 ms window above -45 dBFS; 0 when there is none."""
    return next((min(at + WINDOW, len(samples)) for at in reversed(_windows(samples)) if _audible(samples, at)), 0)


def _windows(samples: Samples) -> Sequence[int]:
    return range(0, len(samples), WINDOW)


def _audible(samples: Samples, at: int) -> bool:
    return level_dbfs(samples[at : at + WINDOW]) > AUDIBLE_DBFS
