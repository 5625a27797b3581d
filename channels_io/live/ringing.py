"""The tone a caller hears while it rings at somebody else. The tone is pure; `Ringing` plays it, softly, until told not to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from channels_io.live.recorder import Recorder
from inference.audio import AudioFrame
from inference.events import Media

PITCH: Final = 425.0
"""Hz, as in most of Europe."""
TONE_SECONDS: Final = 1.0
CYCLE_SECONDS: Final = 5.0
LEVEL: Final = 0.06
"""Of full scale: well below speech."""
PIECE_SECONDS: Final = 0.1


@lru_cache(8)
def ring_tone(rate: int) -> bytes:
    """One cycle, tone and pause: PCM s16le."""
    time = np.arange(round(rate * TONE_SECONDS)) / rate
    fade = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.02)
    cycle = np.zeros(round(rate * CYCLE_SECONDS))
    cycle[: time.size] = np.sin(2 * np.pi * PITCH * time) * fade * LEVEL
    return AudioFrame.from_float(cycle, rate).pcm


class ToneLine(Protocol):
    """What a channel has of it."""

    media: Media

    async def send_tone(self, pcm: bytes) -> None: ...


class Ringing:
    """A task of a voice session. Where the agent speaks it is silent and goes on in its rhythm."""

    def __init__(
        self, channel: ToneLine, recorder: Recorder, quiet: Callable[[], bool], clock: Callable[[], float]
    ) -> None:
        """`quiet`: whether the agent says nothing at this moment."""
        self._channel = channel
        self._recorder = recorder
        self._quiet = quiet
        self._clock = clock
        self._started = clock()
        self._calls = 0
        self._on = asyncio.Event()

    def ring(self, *, on: bool) -> None:
        """Two calls at once ring until both are told off."""
        self._calls = max(0, self._calls + (1 if on else -1))
        if self._calls:
            self._on.set()
        else:
            self._on.clear()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._on.wait()
            await self._play()

    async def _play(self) -> None:
        rate = self._channel.media.rate_out
        tone, piece = ring_tone(rate), round(rate * PIECE_SECONDS) * 2
        place, due = 0, self._clock()
        while self._on.is_set():
            if self._quiet():
                pcm = tone[place : place + piece]
                self._recorder.agent(pcm, due - self._started)
                await self._channel.send_tone(pcm)
            place = (place + piece) % len(tone)
            due += PIECE_SECONDS
            await asyncio.sleep(max(0.0, due - self._clock()))
