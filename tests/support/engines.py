"""Scripted engines for conversation tests: instant, exact, and asked about afterwards.

Voice is any sample above silence. The recogniser returns the next line of its script at every
final pass of a new utterance. The chat model answers from its script, one word a delta.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from inference.audio import AudioFrame, Samples
from inference.engine_set import Engines
from inference.engines.base import (
    AsrOptions,
    ChatDelta,
    ChatOptions,
    EngineInfo,
    Speech,
    TextDelta,
    ToolRequest,
    Transcript,
    Usage,
)
from inference.errors import EngineError
from inference.events import Message
from inference.fixed_speech import FixedSpeech
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

RATE_OUT = 24000
SAMPLES_PER_LETTER = 480
"""20 ms a letter."""


class Loaded:
    """What all engines share."""

    info = EngineInfo("scripted", "chat", "scripted")

    async def load(self) -> None: ...
    async def close(self) -> None: ...


@dataclass
class ScriptedVoice:
    hop: int = 512

    def stream(self) -> ScriptedVoice:
        return self

    def feed(self, samples: Samples) -> list[float]:
        return [1.0 if np.abs(samples).max(initial=0) > 1000 else 0.0]


class ScriptedVoiceDetector(Loaded):
    hop = 512

    def stream(self) -> ScriptedVoice:
        return ScriptedVoice()


@dataclass
class ScriptedTurns(Loaded):
    score: float = 0.99
    seconds: float = 0.0

    async def complete(self, samples: Samples) -> float:
        return self.score


@dataclass
class ScriptedTranscriber(Loaded):
    """`script`: one text per utterance, or a whole transcript; an exception is raised instead."""

    script: list[str | Transcript | EngineError] = field(default_factory=list)
    by_pass: bool = False
    """The next line at every final pass, not only for a new utterance."""
    heard_samples: list[int] = field(default_factory=list)
    opened: list[AsrOptions] = field(default_factory=list)
    """Of every stream."""
    _fed: int = 0
    _current: str | Transcript | EngineError | None = None

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[ScriptedTranscriber]:
        self.opened.append(options)
        yield self

    def feed(self, samples: Samples) -> None:
        self._fed += samples.size

    async def partial(self) -> Transcript:
        return Transcript("")

    async def final(self) -> Transcript:
        self.heard_samples.append(self._fed)
        if self._current is None or self.by_pass:
            self._current = self.script.pop(0) if self.script else ""
        if isinstance(self._current, EngineError):
            raise self._current
        return self._current if isinstance(self._current, Transcript) else Transcript(self._current, 0.9)

    def reset(self) -> None:
        self._fed, self._current = 0, None


@dataclass
class ScriptedChat(Loaded):
    """`script`: one reply per request; a ToolRequest asks for a tool, an EngineError is raised."""

    script: list[str | ToolRequest | EngineError] = field(default_factory=list)
    prompts: list[list[Message]] = field(default_factory=list)
    prefills: list[list[Message]] = field(default_factory=list)
    asked: list[ChatOptions] = field(default_factory=list)
    closed: int = 0
    hold: asyncio.Event | None = None
    """Set: the model waits for it after its third word."""
    wait: asyncio.Event | None = None
    """Set: the model waits for it before its first word."""

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[ScriptedChat]:
        yield self

    async def warm(self, prefix: Sequence[Message]) -> None: ...

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        self.prefills.append(list(messages))

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        self.prompts.append(list(messages))
        self.asked.append(options)
        line = self.script.pop(0) if self.script else "All right then."
        try:
            if self.wait is not None:
                await self.wait.wait()
            if isinstance(line, EngineError):
                raise line
            if isinstance(line, ToolRequest):
                yield line
            else:
                for index, word in enumerate(line.split(" ")):
                    if index == 3 and self.hold is not None:
                        await self.hold.wait()
                    yield TextDelta(word if index == 0 else f" {word}")
                    await asyncio.sleep(0)
            yield Usage(100, 90, 10)
        finally:
            self.closed += 1


@dataclass
class ScriptedSynthesizer(Loaded):
    """480 samples of tone a letter, one frame a word, with the words' positions."""

    failing: bool = False
    spoken: list[tuple[str, str]] = field(default_factory=list)
    """(voice, text) of what was synthesised."""

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        async for text in clauses:
            self.spoken.append((voice.name, text))
            if self.failing:
                raise EngineError("The voice is broken.")
            words, position = [], 0
            for word in text.split():
                words.append((word, position))
                position += len(word) * SAMPLES_PER_LETTER
            first = text
            for word in text.split():
                tone = np.full(len(word) * SAMPLES_PER_LETTER, 3000, np.int16)
                yield Speech(AudioFrame.from_samples(tone, RATE_OUT), first, tuple(words) if first else ())
                first = ""


@dataclass
class Scripted:
    """All engines of one test."""

    transcriber: ScriptedTranscriber = field(default_factory=ScriptedTranscriber)
    chat: ScriptedChat = field(default_factory=ScriptedChat)
    synthesizer: ScriptedSynthesizer = field(default_factory=ScriptedSynthesizer)
    turns: ScriptedTurns = field(default_factory=ScriptedTurns)

    def engines(self) -> Engines:
        return Engines(
            transcriber=self.transcriber,
            chat=self.chat,
            synthesizer=self.synthesizer,
            voice_detector=ScriptedVoiceDetector(),
            turn_detector=self.turns,
            fixed_speech=FixedSpeech(),
        )
