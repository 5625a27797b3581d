"""One engine after another inside one turn: what a conversation uses where its agent names more than one.

The first that may be asked (`Breaker`) and answers is used. What was already said to the caller is never taken back:
a language model that breaks off in the midst of its words fails the reply, which the conversation apologises for. A
clause whose sound broke off is said again by the next voice. When nobody is left, the last failure is raised.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import msgspec

from inference import metrics
from inference.audio import Samples
from inference.breaker import Breaker
from inference.cloning import is_clone
from inference.engines.base import (
    AsrOptions,
    ChatDelta,
    ChatModel,
    ChatOptions,
    ChatStream,
    Engine,
    EngineInfo,
    Speech,
    Synthesizer,
    Transcriber,
    TranscriberStream,
    Transcript,
    Usage,
)
from inference.errors import EngineError, EngineNotReady
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec
from inference.used import Meter, Stage, Use

log = logging.getLogger(__name__)

MOST_KEPT = 60 * 16_000
"""Samples of an utterance that are kept for whoever stands in."""

Role = TypeVar("Role", bound=Engine)


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Role]):
    """An engine, and by which name the breaker knows it; "" for an engine of the worker's own, which has none."""

    engine: Role
    name: str = ""
    use: Use | None = None
    """Nothing yet, by a lent service: it counts itself what it does."""


class Order(Generic[Role]):
    """Who is asked in which order, and what became of it."""

    def __init__(self, candidates: Sequence[Candidate[Role]], breaker: Breaker, meter: Meter | None = None) -> None:
        self.candidates = tuple(candidates)
        self._breaker = breaker
        self._meter = meter or Meter()

    @property
    def first(self) -> Role:
        return self.candidates[0].engine

    def worth_asking(self, skip: int = 0) -> Iterator[int]:
        """Positions from `skip` on, those left out that failed too often lately; the last one is always asked."""
        last = len(self.candidates) - 1
        for place in range(skip, len(self.candidates)):
            name = self.candidates[place].name
            if not name or self._breaker.lets(name) or place == last:
                yield place

    def use(self, stage: Stage, place: int) -> Use:
        """Nothing yet, by the one at this place."""
        candidate = self.candidates[place]
        return candidate.use or Use(stage, "", candidate.engine.info.model)

    def count_own(self, use: Use) -> None:
        """What an engine of the worker's own did where a service was to."""
        if not use.service:
            self._meter.add(use)

    def worked(self, place: int) -> None:
        if name := self.candidates[place].name:
            self._breaker.worked(name)

    def failed(self, place: int, error: EngineError) -> None:
        candidate = self.candidates[place]
        log.warning("%s: %s (%s)", candidate.engine.info.role, error.message, error.code)
        metrics.engine_failed(candidate.engine.info.role, error.code)
        if candidate.name and blames_the_service(error):
            self._breaker.failed(candidate.name, permanent=error.permanent)


def blames_the_service(error: EngineError) -> bool:
    """Whether the next request would fare the same: not where only this one was refused."""
    return error.code not in ("context_full", "options", "service_refused")


# --- language model ---------------------------------------------------------------------------


class FailoverChat:
    """A `ChatModel` of several."""

    def __init__(self, order: Order[ChatModel]) -> None:
        self._order = order
        self.info: EngineInfo = order.first.info

    async def load(self) -> None:
        """They are loaded."""

    async def close(self) -> None:
        """They are the worker's."""

    async def warm(self, prefix: Sequence[Message]) -> None:
        await self._order.first.warm(prefix)

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[FailoverChatStream]:
        async with AsyncExitStack() as stack:
            yield FailoverChatStream(self._order, stack, prefix)


class FailoverChatStream:
    """Opens a stream of each model when it is asked for the first time."""

    def __init__(self, order: Order[ChatModel], stack: AsyncExitStack, prefix: Sequence[Message]) -> None:
        self._order = order
        self._stack = stack
        self._prefix = prefix
        self._streams: dict[int, ChatStream] = {}

    async def _stream(self, place: int) -> ChatStream:
        stream = self._streams.get(place)
        if stream is None:
            opened = self._order.candidates[place].engine.stream(self._prefix)
            stream = self._streams[place] = await self._stack.enter_async_context(opened)
        return stream

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """By the model that would be asked first."""
        candidate = self._order.candidates[0]
        if not candidate.name or candidate.engine.info.kind != "openai":
            await (await self._stream(0)).prefill(messages, tools)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        """Raises EngineError when nobody answers, or whoever does breaks off."""
        failure: EngineError = EngineNotReady("There is no language model to ask.")
        for place in self._order.worth_asking():
            said = False
            try:
                stream = await self._stream(place)
                async with aclosing(stream.reply(messages, tools, options)) as deltas:
                    async for delta in deltas:
                        if isinstance(delta, Usage):
                            self._count(place, delta)
                        else:
                            said = True
                        yield delta
            except EngineError as error:
                self._order.failed(place, error)
                if said:
                    raise
                failure = error
                continue
            self._order.worked(place)
            return
        raise failure

    def _count(self, place: int, usage: Usage) -> None:
        use = self._order.use("chat", place)
        counts = {name: getattr(usage, name) for name in ("prompt_tokens", "cached_tokens", "reply_tokens")}
        self._order.count_own(msgspec.structs.replace(use, **counts))


# --- speech recognition -----------------------------------------------------------------------


class FailoverTranscriber:
    """A `Transcriber` of several."""

    def __init__(self, order: Order[Transcriber]) -> None:
        self._order = order
        self.info: EngineInfo = order.first.info

    async def load(self) -> None:
        """They are loaded."""

    async def close(self) -> None:
        """They are the worker's."""

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[FailoverTranscriberStream]:
        async with AsyncExitStack() as stack:
            yield FailoverTranscriberStream(self._order, stack, options)


class FailoverTranscriberStream:
    """Keeps the utterance, so that whoever stands in hears all of it. Each stream is opened when it is needed."""

    def __init__(self, order: Order[Transcriber], stack: AsyncExitStack, options: AsrOptions) -> None:
        self._order = order
        self._stack = stack
        self._options = options
        self._streams: dict[int, TranscriberStream] = {}
        self._kept: list[Samples] = []
        self._count = 0
        self._first = 0
        """Who is asked first in this utterance: not somebody who has already failed in it."""

    def feed(self, samples: Samples) -> None:
        self._kept.append(samples.copy())
        self._count += samples.size
        while self._count > MOST_KEPT:
            self._count -= self._kept.pop(0).size
        for stream in self._streams.values():
            stream.feed(samples)

    async def partial(self) -> Transcript:
        for place in self._order.worth_asking(self._first):
            return await (await self._stream(place)).partial()
        return Transcript("", confidence=0.0)

    async def final(self) -> Transcript:
        """Raises EngineError when nobody understands."""
        failure: EngineError = EngineNotReady("There is no recogniser to ask.")
        for place in self._order.worth_asking(self._first):
            try:
                transcript = await (await self._stream(place)).final()
            except EngineError as error:
                self._order.failed(place, error)
                failure = error
                self._first = min(place + 1, len(self._order.candidates) - 1)
                continue
            self._order.worked(place)
            self._order.count_own(self._order.use("transcriber", place))
            return transcript
        raise failure

    def reset(self) -> None:
        self._kept, self._count, self._first = [], 0, 0
        for stream in self._streams.values():
            stream.reset()

    async def _stream(self, place: int) -> TranscriberStream:
        stream = self._streams.get(place)
        if stream is None:
            opened = self._order.candidates[place].engine.stream(self._options)
            stream = await self._stack.enter_async_context(opened)
            for samples in self._kept:
                stream.feed(samples)
            self._streams[place] = stream
        return stream


# --- speech synthesis -------------------------------------------------------------------------


class FailoverSynthesizer:
    """A `Synthesizer` of several. A reply goes on in the voice that its last clause was said in."""

    def __init__(self, order: Order[Synthesizer]) -> None:
        self._order = order
        self.info: EngineInfo = order.first.info
        self.stands_in = False
        """The last clause was said by another voice than the agent's: its sound is not kept as the agent's."""

    async def load(self) -> None:
        """They are loaded."""

    async def close(self) -> None:
        """They are the worker's."""

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        """Raises EngineError when no voice is left."""
        begin = 0
        async for text in clauses:
            told = False
            failure: EngineError = EngineNotReady("There is no voice to ask.")
            for place in self._order.worth_asking(begin):
                engine = self._order.candidates[place].engine
                self.stands_in = place > 0
                try:
                    async with aclosing(engine.speak(_one(text), fitting(voice, engine.info))) as speech:
                        async for piece in speech:
                            yield piece if not (told and piece.text) else replace(piece, text="", words=())
                            told = True
                except EngineError as error:
                    self._order.failed(place, error)
                    failure = error
                    continue
                self._order.worked(place)
                use = self._order.use("synthesizer", place)
                self._order.count_own(msgspec.structs.replace(use, characters=len(text)))
                begin = place
                break
            else:
                raise failure


def fitting(voice: VoiceSpec, info: EngineInfo) -> VoiceSpec:
    """The voice as this engine knows it: by its name where it has one of that name or was given its sample, else its
    own first."""
    if not info.voices or voice.name in info.voices or (info.clones and is_clone(voice.name)):
        return voice
    return msgspec.structs.replace(voice, engine=info.kind, name=info.voices[0])


def standing_in(voice: VoiceSpec, info: EngineInfo) -> VoiceSpec:
    """What this engine is asked for: the voice, or where that is another engine's, which is not here, one of its own."""
    return voice if voice.engine in ("default", info.kind, info.model) else fitting(voice, info)


async def _one(text: str) -> AsyncGenerator[str]:
    yield text
