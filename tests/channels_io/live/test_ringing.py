from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np

from channels_io.live.ringing import CYCLE_SECONDS, LEVEL, Ringing, ring_tone
from inference.audio import AudioFrame, level_dbfs
from inference.events import Media
from tests.channels_io.live.script import HandChannel, MemoryRecorder
from tests.support.virtual_time import run_virtual

RATE = 8000


class Scene:
    def __init__(self) -> None:
        self.channel = HandChannel(Media("voice", RATE, RATE))
        self.recorder = MemoryRecorder()
        self.speaking = False
        clock = asyncio.get_running_loop().time
        self.ringing = Ringing(self.channel, self.recorder, lambda: not self.speaking, clock)

    @property
    def seconds(self) -> float:
        return sum(samples for _, samples in self.channel.tones) / RATE


def played(scene: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        made = Scene()
        task = asyncio.create_task(made.ringing.run())
        try:
            await scene(made)
        finally:
            task.cancel()
            await asyncio.wait([task])

    run_virtual(run())


def test_the_tone_is_soft_and_pauses() -> None:
    tone = AudioFrame(ring_tone(RATE), RATE).samples
    assert tone.size == RATE * CYCLE_SECONDS
    assert np.abs(tone).max() <= LEVEL * 32768
    assert -35 < level_dbfs(tone[:RATE]) < -20
    assert not tone[RATE:].any()


def test_it_rings_in_real_time_until_it_is_told_not_to() -> None:
    async def scene(made: Scene) -> None:
        await asyncio.sleep(1.0)
        assert made.seconds == 0
        made.ringing.ring(on=True)
        await asyncio.sleep(7.05)
        made.ringing.ring(on=False)
        await asyncio.sleep(5.0)
        assert 7.0 <= made.seconds <= 7.2
        assert len(made.recorder.agent_audio) == len(made.channel.tones), "a recording has it too"
        first = made.seconds
        made.ringing.ring(on=True)
        await asyncio.sleep(0.25)
        assert made.seconds > first, "and again"

    played(scene)


def test_it_is_silent_while_the_agent_speaks() -> None:
    async def scene(made: Scene) -> None:
        made.ringing.ring(on=True)
        await asyncio.sleep(0.95)
        made.speaking = True
        before = made.seconds
        await asyncio.sleep(2.0)
        assert made.seconds == before
        made.speaking = False
        await asyncio.sleep(1.0)
        assert 0.9 <= made.seconds - before <= 1.1

    played(scene)


def test_two_calls_ring_until_both_are_told_off() -> None:
    async def scene(made: Scene) -> None:
        made.ringing.ring(on=True)
        made.ringing.ring(on=True)
        made.ringing.ring(on=False)
        await asyncio.sleep(1.0)
        before = made.seconds
        assert before > 0.5
        made.ringing.ring(on=False)
        await asyncio.sleep(1.0)
        assert made.seconds - before <= 0.2
        made.ringing.ring(on=False)
        made.ringing.ring(on=True)
        await asyncio.sleep(1.0)
        assert made.seconds - before > 0.5, "told off once too often, it still rings when it is asked to"

    played(scene)
