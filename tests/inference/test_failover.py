"""Who is asked next, and what is never said twice: scripted engines, no time passes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from inference.audio import AudioFrame, Samples
from inference.breaker import FAILURES, Breaker
from inference.engines.base import (
    AsrOptions,
    ChatDelta,
    ChatModel,
    ChatOptions,
    EngineInfo,
    Speech,
    Synthesizer,
    TextDelta,
    Transcriber,
    Transcript,
    Usage,
)
from inference.errors import EngineError
from inference.events import Message
from inference.failover import (
    Candidate,
    FailoverChat,
    FailoverSynthesizer,
    FailoverTranscriber,
    Order,
    standing_in,
)
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec
from inference.used import Meter, Use

ASK = [Message("user", "Hi")]


@dataclass
class Model:
    """Says `words`, then fails if it is to."""

    name: str
    words: Sequence[str] = ()
    fails: bool = False
    asked: int = 0
    voices: tuple[str, ...] = ()
    heard: list[int] = field(default_factory=list)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(kind=self.name, role="chat", model=self.name, voices=self.voices)

    async def load(self) -> None: ...
    async def close(self) -> None: ...
    async def warm(self, prefix: Sequence[Message]) -> None: ...

    def fail(self) -> None:
        if self.fails:
            raise EngineError(f"{self.name} failed.")

    @asynccontextmanager
    async def stream(self, given: object = ()) -> AsyncGenerator[Model]:
        yield self

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        self.asked += 1
        for word in self.words:
            yield TextDelta(word)
        self.fail()
        yield Usage(1, 0, 1)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None: ...

    def feed(self, samples: Samples) -> None:
        self.heard.append(samples.size)

    async def partial(self) -> Transcript:
        return Transcript("")

    async def final(self) -> Transcript:
        self.asked += 1
        self.fail()
        return Transcript(f"{self.name} heard {sum(self.heard)}")

    def reset(self) -> None:
        self.heard.clear()

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        async for text in clauses:
            self.asked += 1
            if self.words:
                yield Speech(AudioFrame.from_samples(np.ones(10, np.int16), 24_000), f"{text}/{voice.name}")
            self.fail()


async def said(chat: FailoverChat) -> str:
    text = ""
    async with chat.stream() as stream, aclosing(stream.reply(ASK, (), ChatOptions())) as deltas:
        async for delta in deltas:
            text += delta.text if isinstance(delta, TextDelta) else ""
    return text


def chat_of(*models: Model, breaker: Breaker | None = None) -> FailoverChat:
    order = Order[ChatModel]([Candidate(model, model.name) for model in models], breaker or Breaker(lambda: 0.0))
    return FailoverChat(order)


async def test_the_next_answers_in_the_same_turn() -> None:
    assert await said(chat_of(Model("cloud", fails=True), Model("own", ["Hello."]))) == "Hello."


async def test_words_that_were_said_are_not_said_again_by_another() -> None:
    own = Model("own", ["Hello."])
    with pytest.raises(EngineError, match="cloud"):
        await said(chat_of(Model("cloud", ["We "], fails=True), own))
    assert own.asked == 0


async def test_when_all_fail_the_last_failure_is_told() -> None:
    with pytest.raises(EngineError, match="own"):
        await said(chat_of(Model("cloud", fails=True), Model("own", fails=True)))


async def test_a_service_that_fails_again_and_again_is_not_asked_for_a_while() -> None:
    cloud, own = Model("cloud", fails=True), Model("own", ["Hi."])
    chat = chat_of(cloud, own)
    for _ in range(FAILURES + 4):
        assert await said(chat) == "Hi."
    assert cloud.asked == FAILURES


async def test_a_refused_prompt_says_nothing_about_the_service() -> None:
    class Full(Model):
        def fail(self) -> None:
            raise EngineError("too long", code="context_full")

    full = Full("cloud")
    chat = chat_of(full, Model("own", ["Hi."]))
    for _ in range(FAILURES + 2):
        await said(chat)
    assert full.asked == FAILURES + 2


async def test_whoever_stands_in_hears_the_whole_utterance() -> None:
    cloud, own = Model("cloud", fails=True), Model("own")
    order = Order[Transcriber]([Candidate(cloud, "cloud"), Candidate(own)], Breaker(lambda: 0.0))
    async with FailoverTranscriber(order).stream(AsrOptions()) as stream:
        stream.feed(np.ones(100, np.int16))
        stream.feed(np.ones(50, np.int16))
        assert (await stream.final()).text == "own heard 150"
        stream.feed(np.ones(10, np.int16))
        assert (await stream.final()).text == "own heard 160"
        assert cloud.asked == 1
        stream.reset()
        stream.feed(np.ones(7, np.int16))
        assert (await stream.final()).text == "own heard 7"


async def clauses(*texts: str) -> AsyncGenerator[str]:
    for text in texts:
        yield text


async def test_a_clause_that_broke_off_is_said_again_and_the_rest_stays_in_that_voice() -> None:
    cloud, own = Model("cloud", ["sound"], fails=True), Model("own", ["sound"], voices=("heart",))
    voice = FailoverSynthesizer(Order[Synthesizer]([Candidate(cloud, "cloud"), Candidate(own)], Breaker(lambda: 0.0)))
    async with aclosing(voice.speak(clauses("One.", "Two."), VoiceSpec("cloud", "alloy"))) as speech:
        pieces = [piece.text async for piece in speech]
    assert pieces == ["One./alloy", "", "Two./heart"]
    assert cloud.asked == 1
    assert voice.stands_in


async def test_whoever_stands_in_is_told_and_whoever_failed_is_not() -> None:
    """A service counts itself what it does; here only what the worker's own engine did in its stead."""
    meter, breaker = Meter(), Breaker(lambda: 0.0)
    cloud = Candidate(Model("cloud", fails=True), "cloud", Use("chat", "pv_1", "small"))
    own = Candidate(Model("own", ["sound"], voices=("heart",)))
    assert await said(FailoverChat(Order[ChatModel]([cloud, own], breaker, meter))) == "sound"
    assert meter.take() == (Use("chat", "", "own", prompt_tokens=1, reply_tokens=1),)
    voice = FailoverSynthesizer(Order[Synthesizer]([cloud, own], breaker, meter))
    async with aclosing(voice.speak(clauses("One.", "Two."), VoiceSpec("cloud", "alloy"))) as speech:
        assert [piece.text async for piece in speech] == ["One./heart", "Two./heart"]
    assert meter.take() == (Use("synthesizer", "", "own", characters=8),)


def test_a_voice_of_an_engine_that_is_not_here_is_replaced_by_one_that_is() -> None:
    info = EngineInfo("hibari", "synthesizer", "hibari-heart", voices=("heart",))
    anna = VoiceSpec("coqui", "anna", language="de")
    assert standing_in(anna, info) == VoiceSpec("hibari", "heart", language="de")
    for engine in ("default", "hibari", "hibari-heart"):
        assert standing_in(VoiceSpec(engine, "clone:1"), info) == VoiceSpec(engine, "clone:1"), "it may have learned it"
