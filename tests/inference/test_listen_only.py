"""A leg that is only transcribed: no model is opened for it, nothing is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from inference.engine_set import Engines
from inference.errors import EngineError, ProtocolError
from inference.events import (
    Audio,
    Close,
    Control,
    Down,
    Failed,
    Heard,
    Media,
    Message,
    Open,
    Partial,
    Ready,
    SpeechStarted,
    Text,
    decode_up,
    encode,
)
from inference.listen_only import ListenOnly
from tests.inference.test_conversation import QUIET, SPEC, VOICE, greeting_spec
from tests.support.engines import Scripted, ScriptedChat


class Untouchable(ScriptedChat):
    """A language model that nobody may open."""

    def stream(self, prefix: Sequence[Message] = ()) -> Any:
        raise AssertionError("The language model was opened.")


class Leg:
    def __init__(self, leg: ListenOnly) -> None:
        self.leg = leg
        self.events: list[Down] = []

    async def listen(self) -> None:
        async with aclosing(self.leg.events()) as events:
            async for event in events:
                self.events.append(event)

    async def speak(self, milliseconds: int, pause: int = 600) -> None:
        for pcm in [VOICE] * (milliseconds // 20) + [QUIET] * (pause // 20):
            self.leg.hear(Audio(pcm))
            for _ in range(4):
                await asyncio.sleep(0)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def engines(scripted: Scripted) -> Engines:
    return replace(scripted.engines(), chat=Untouchable())


@asynccontextmanager
async def listened_to(scripted: Scripted) -> AsyncGenerator[Leg]:
    leg = Leg(ListenOnly(Open(greeting_spec(), "cv", listen_only=True), engines(scripted), worker="w"))
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(leg.leg.run())
        listening = tasks.create_task(leg.listen())
        yield leg
        leg.leg.hear(Close())
        await running
        await listening


async def test_what_is_said_comes_down_and_nothing_else() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["This is Tom speaking.", "Goodbye."]
    async with listened_to(scripted) as leg:
        await leg.speak(640, pause=1400)
        leg.leg.hear(Text("ignored"))
        leg.leg.hear(Control("say", "ignored"))
        await leg.speak(640)
    heard = [event for event in leg.events if isinstance(event, Heard)]
    assert [(event.turn, event.text) for event in heard] == [(1, "This is Tom speaking."), (2, "Goodbye.")]
    assert heard[0] == Heard(1, "This is Tom speaking.", 0, 10240, confidence=0.9)
    assert leg.events[0] == Ready("w", 0)
    assert set(leg.kinds()) == {"Ready", "SpeechStarted", "Partial", "Heard"}


async def test_noise_is_no_words() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [""]
    async with listened_to(scripted) as leg:
        await leg.speak(640)
    assert leg.kinds() == ["Ready", "SpeechStarted", "Partial"]
    assert leg.events[-1] == Partial("", 0)


async def test_a_recogniser_that_fails_is_told_and_the_leg_goes_on() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [EngineError("Busy.", code="engine_busy"), "Hello again."]
    async with listened_to(scripted) as leg:
        await leg.speak(640)
        await leg.speak(640)
    assert [event.code for event in leg.events if isinstance(event, Failed)] == ["engine_busy"]
    assert [event.text for event in leg.events if isinstance(event, Heard)] == ["Hello again."]
    assert len([event for event in leg.events if isinstance(event, SpeechStarted)]) == 2


async def test_the_last_words_are_understood_after_the_leg_was_closed() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["I give you back now."]
    async with listened_to(scripted) as leg:
        await leg.speak(640, pause=0)
    assert [event.text for event in leg.events if isinstance(event, Heard)] == ["I give you back now."]


def test_a_text_leg_cannot_be_listened_to() -> None:
    assert decode_up(encode(Open(SPEC, "cv", listen_only=True))) == Open(SPEC, "cv", listen_only=True)
    with pytest.raises(ProtocolError):
        decode_up(encode(Open(SPEC, "cv", Media("text"), listen_only=True)))
