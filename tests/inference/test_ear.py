"""The ear with scripted engines: positions, partial words, the line that goes quiet."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from inference.audio import Samples
from inference.ear import Ear, EarEvent
from inference.turns import EndOfTurn, SpeechBegan, TurnTaker
from tests.support.engines import ScriptedTranscriber, ScriptedTurns, ScriptedVoice


def tone(milliseconds: int, rate: int, level: int = 8000) -> Samples:
    count = rate * milliseconds // 1000
    return (np.sin(np.arange(count) * 440 * 2 * np.pi / rate) * level).astype(np.int16)


class Listener:
    def __init__(self, rate: int, tasks: asyncio.TaskGroup, script: list[str]) -> None:
        self.events: list[EarEvent] = []
        self.now = 0.0
        self.transcriber = ScriptedTranscriber(script=list(script))
        self.rate = rate
        self.ear = Ear(
            rate_in=rate,
            turns=TurnTaker(),
            voice=ScriptedVoice(),
            recogniser=self.transcriber,
            detector=ScriptedTurns(),
            tasks=tasks,
            report=self.report,
            clock=lambda: self.now,
        )

    async def report(self, event: EarEvent) -> None:
        self.events.append(event)

    async def hear(self, samples: Samples) -> None:
        """In frames of 20 ms on a virtual clock."""
        step = self.rate // 50
        for start in range(0, samples.size, step):
            self.now += 0.02
            await self.ear.feed(samples[start : start + step])
            for _ in range(4):
                await asyncio.sleep(0)

    def ended(self) -> EndOfTurn:
        return next(event for event in self.events if isinstance(event, EndOfTurn))


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_positions_are_given_at_the_callers_rate_and_end_at_the_last_audible_sample(rate: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(rate, tasks, ["Hello."])
        lead, body = rate // 2, tone(1000, rate)
        fade = tone(50, rate, level=400)  # audible, but the detector calls it quiet
        await listener.hear(np.concatenate([np.zeros(lead, np.int16), body, fade, np.zeros(rate, np.int16)]))
        end = listener.ended()
        last = lead + body.size + fade.size
        assert abs(end.speech_end - last) <= rate * 4 // 1000
        assert abs(end.speech_start - lead) <= rate * 40 // 1000
        began = next(event for event in listener.events if isinstance(event, SpeechBegan))
        assert began.sample == end.speech_start
        assert listener.ear.arrived(end.speech_end) == pytest.approx(1.56, abs=0.021)


async def test_the_recogniser_hears_the_whole_utterance_with_a_little_before_it() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, ["Hello."])
        await listener.hear(np.concatenate([np.zeros(16000, np.int16), tone(1000, 16000), np.zeros(8000, np.int16)]))
        (fed,) = listener.transcriber.heard_samples
        assert 16000 + 320 * 16 <= fed <= 16000 + 550 * 16


async def test_a_line_that_stops_sending_in_mid_utterance_still_ends_the_turn() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(8000, tasks, ["Hello."])
        await listener.hear(tone(1000, 8000))
        for _ in range(3):
            await listener.ear.silence(200)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert listener.ended().text == "Hello."


async def test_what_is_forgotten_never_becomes_a_turn() -> None:
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(16000, tasks, ["Hello."])
        await listener.hear(tone(1000, 16000))
        listener.ear.forget()
        await listener.hear(np.zeros(16000, np.int16))
        assert [event for event in listener.events if isinstance(event, EndOfTurn)] == []


async def test_frames_of_any_size_are_the_same_to_the_ear() -> None:
    sound = np.concatenate([tone(700, 16000), np.zeros(9600, np.int16)])
    ends = []
    for size in (1, 7, 160, 333, 3200):
        async with asyncio.TaskGroup() as tasks:
            listener = Listener(16000, tasks, ["Hello."])
            for start in range(0, sound.size, size):
                await listener.ear.feed(sound[start : start + size])
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            end = listener.ended()
            ends.append((end.text, end.speech_start, end.speech_end))
    assert len(set(ends)) == 1
