"""A person's microphone → the caller, while a person talks: evened out, at the caller's rate, straight to the channel."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from channels_io.base import Channel
from channels_io.live.jitter import JitterBuffer
from channels_io.live.recorder import Recorder
from inference.audio import Resampler

RATE: Final = 16_000
"""Of the microphone."""
VERSION: Final = 1
_HEADER = struct.Struct(">BI")
MOST_BYTES: Final = RATE * 2 // 5
"""Of one message: 200 ms."""


def pack_microphone(number: int, pcm: bytes) -> bytes:
    """What goes over the topic `microphone`: `number` is `Conversation.owner_number` as the speaker knows it."""
    return _HEADER.pack(VERSION, number) + pcm


def unpack_microphone(payload: bytes) -> tuple[int, bytes] | None:
    """(owner_number, PCM); None for what is none."""
    if len(payload) <= _HEADER.size or len(payload) > _HEADER.size + MOST_BYTES:
        return None
    version, number = _HEADER.unpack_from(payload)
    pcm = payload[_HEADER.size :]
    return (int(number), pcm) if version == VERSION and len(pcm) % 2 == 0 else None


class Stage(Protocol):
    """What the voice asks of the leg that it speaks on."""

    def voice_turn(self) -> int:
        """The number under which the caller's player takes a person's sound; none that played before is newer."""

    def may_speak(self) -> bool:
        """The agent's own words (the hand-over line) come first, and nobody talks into a hold."""


class OperatorVoice:
    """`run()` is a task of a voice leg."""

    def __init__(
        self,
        channel: Channel,
        recorder: Recorder,
        stage: Stage,
        clock: Callable[[], float],
        heard: Callable[[bytes], None] = lambda pcm: None,
    ) -> None:
        """`heard` is given each frame that leaves, at the channel's rate."""
        self._channel = channel
        self._recorder = recorder
        self._stage = stage
        self._clock = clock
        self._heard = heard
        self._started = clock()
        self._jitter = JitterBuffer(RATE)
        self._resampler = Resampler(RATE, channel.media.rate_out)
        self._changed = asyncio.Event()

    def feed(self, pcm: bytes) -> None:
        """16 kHz s16le, as it comes. Never waits."""
        if self._stage.may_speak():
            self._jitter.push(pcm, self._clock())
            self._changed.set()

    def silence(self) -> None:
        """Nothing more of what was said so far."""
        self._jitter.clear()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            while (frame := self._jitter.due(self._clock())) is not None:
                await self._write(*frame)
            wait = self._jitter.wait(self._clock())
            try:
                async with asyncio.timeout(None if wait == float("inf") else wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _write(self, frame: bytes, sounds: float) -> None:
        if not self._stage.may_speak():
            return
        pcm = self._resampler.feed(np.frombuffer(frame, dtype="<i2")).astype("<i2", copy=False).tobytes()
        await self._channel.send_audio(self._stage.voice_turn(), pcm)
        self._recorder.agent(pcm, sounds - self._started)
        self._heard(pcm)
