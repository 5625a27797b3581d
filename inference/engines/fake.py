"""Engines without models, for tests, load and demonstration: exact delays, audible sound, scripted words.

They take the place of every engine of a worker (`PARLEY_PROFILE=fake`). The delays are those of
the orchestration benchmark: recognition 100 ms a pass (`mode=segment`) or 30 ms (`mode=stream`),
first token 60 ms then 10 ms a token, first audio 50 ms. All of them can be set, to 0 too.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np

from inference.audio import AUDIBLE_DBFS, AudioFrame, Samples, level_dbfs
from inference.engines.base import (
    AsrOptions,
    ChatDelta,
    ChatOptions,
    EngineInfo,
    EngineRole,
    Speech,
    TextDelta,
    ToolRequest,
    Transcript,
    Usage,
)
from inference.errors import EngineError
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

RATE = 16_000
VOICE_RATE = 24_000
CHUNK = VOICE_RATE // 20
SAMPLES_PER_LETTER = VOICE_RATE * 65 // 1000
"""About the pace of a voice: 65 ms a letter."""
DELAYS = {"segment": 100.0, "stream": 30.0}


class Fake:
    """What all fakes share: nothing to load."""

    role: EngineRole

    def __init__(self, *, model: str = "fake", capacity: int = 0) -> None:
        self.info = EngineInfo(
            kind="fake",
            role=self.role,
            model=model,
            languages=("en",),
            voices=("heart", "tone") if self.role == "synthesizer" else (),
            rate=VOICE_RATE if self.role == "synthesizer" else RATE,
            capacity=capacity,
        )

    async def load(self) -> None:
        await asyncio.sleep(0)

    async def close(self) -> None:
        await asyncio.sleep(0)


async def _wait(milliseconds: float) -> None:
    await asyncio.sleep(milliseconds / 1000)


# --- speech recognition -----------------------------------------------------------------------


class FakeTranscriber(Fake):
    """Says how long the caller spoke, or the next line of `script` ("one|two|three", in a circle)."""

    role: EngineRole = "transcriber"

    def __init__(
        self,
        *,
        model: str = "fake-transcriber",
        capacity: int = 0,
        mode: str = "segment",
        delay_ms: float = -1.0,
        script: str = "",
    ) -> None:
        super().__init__(model=model, capacity=capacity)
        self.delay_ms = delay_ms if delay_ms >= 0 else DELAYS[mode]
        self.script = tuple(line for line in script.replace("_", " ").split("|") if line)

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[FakeTranscriberStream]:
        yield FakeTranscriberStream(self.delay_ms, self.script)


class FakeTranscriberStream:
    def __init__(self, delay_ms: float, script: Sequence[str]) -> None:
        self._delay_ms = delay_ms
        self._script = itertools.cycle(script) if script else None
        self._line = ""
        self._loud = 0

    def feed(self, samples: Samples) -> None:
        if level_dbfs(samples) > AUDIBLE_DBFS:
            self._loud += samples.size

    async def partial(self) -> Transcript:
        await _wait(self._delay_ms / 2)
        return Transcript(self._text(), confidence=0.5)

    async def final(self) -> Transcript:
        await _wait(self._delay_ms)
        return Transcript(self._text(), no_speech=0.0 if self._loud else 1.0)

    def reset(self) -> None:
        self._loud = 0
        self._line = ""

    def _text(self) -> str:
        if self._loud == 0:
            return ""
        if not self._line:
            self._line = next(self._script) if self._script is not None else ""
        return self._line or f"I spoke for {self._loud / RATE:.1f} seconds."


# --- language model ---------------------------------------------------------------------------


class FakeChat(Fake):
    """Repeats what the caller said, or says the next line of `text` ("one|two", in a circle).

    `first_ms` to the first token, `token_ms` to each next. A line "tool:NAME {json}" asks for the
    tool when the reply may use it. Cached tokens are counted in words as a real model would: the
    longest beginning that this conversation, or the resident prefix, had before. A prompt of more
    than `window` words is refused. What it is asked in the background it answers from no script, nor
    what is bound: a choice goes to the option that shares most words with the caller's, a schema gets nulls.
    """

    role: EngineRole = "chat"

    def __init__(
        self,
        *,
        model: str = "fake-chat",
        capacity: int = 0,
        first_ms: float = 60.0,
        token_ms: float = 10.0,
        text: str = "",
        window: int = 4096,
    ) -> None:
        super().__init__(model=model, capacity=capacity)
        self.window = window
        self.first_ms = first_ms
        self.token_ms = token_ms
        self.script = tuple(line for line in text.replace("_", " ").split("|") if line)
        self._resident: set[tuple[str, ...]] = set()

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[FakeChatStream]:
        head = _prompt_words(prefix)
        yield FakeChatStream(self, head if head in self._resident else ())

    async def warm(self, prefix: Sequence[Message]) -> None:
        self._resident.add(_prompt_words(prefix))


class FakeChatStream:
    def __init__(self, model: FakeChat, resident: tuple[str, ...]) -> None:
        self._model = model
        self._script = itertools.cycle(model.script) if model.script else None
        self._cache = resident

    @property
    def window(self) -> int:
        return self._model.window

    def count(self, text: str) -> int:
        return len(text.split())

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        prompt = _prompt_words(messages)
        if len(prompt) >= self._model.window:
            raise EngineError(f"The prompt has {len(prompt)} words.", code="context_full")
        cached = sum(
            1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(self._cache, prompt, strict=False))
        )
        self._cache = prompt
        await _wait(self._model.first_ms)
        if options.grammar or options.json_schema:
            yield TextDelta(_bound_answer(messages, options))
            yield Usage(len(prompt), cached, 1)
            return
        asked = next((line.text for line in reversed(messages) if line.role in ("user", "tool")), "")
        scripted = self._script if not options.background else None
        line = next(scripted) if scripted is not None else f"You said this to me: {asked}"
        name, _, arguments = line.removeprefix("tool:").partition(" ")
        if line.startswith("tool:") and name in {tool.name for tool in tools}:
            yield ToolRequest(f"call-{len(messages)}", name, arguments or "{}")
            yield Usage(len(prompt), cached, 1)
            return
        words = line.split(" ")[: options.max_tokens]
        for index, word in enumerate(words):
            if index:
                await _wait(self._model.token_ms)
            yield TextDelta(word if index == 0 else f" {word}")
        yield Usage(len(prompt), cached, len(words))

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        self._cache = _prompt_words(messages)


def _bound_answer(messages: Sequence[Message], options: ChatOptions) -> str:
    if options.json_schema:
        return json.dumps(dict.fromkeys(json.loads(options.json_schema).get("properties", {})))
    said = set(_long_words(messages[-1].text.rpartition("Caller:")[2])) if messages else set()
    offered = [
        (line[0], said & set(_long_words(line[2:]))) for line in messages[0].text.splitlines() if line[1:2] == ":"
    ]
    letters = [letter for letter, _ in offered] or ["A"]
    best = max(offered, key=lambda option: len(option[1]), default=("A", said))
    return best[0] if best[1] else letters[0]


def _long_words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3 and word not in ("caller", "wants")]


def _prompt_words(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(word for line in messages for word in (line.role, *line.text.split()))


# --- speech synthesis -------------------------------------------------------------------------


class FakeSynthesizer(Fake):
    """A tone as long as the text would take to say, 50 ms a frame; the first after `first_ms`."""

    role: EngineRole = "synthesizer"

    def __init__(
        self, *, model: str = "fake-synthesizer", capacity: int = 0, first_ms: float = 50.0, path: str = ""
    ) -> None:
        super().__init__(model=model, capacity=capacity)
        self._first_ms = first_ms

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        async for text in clauses:
            await _wait(self._first_ms)
            words, position = [], 0
            for word in text.split():
                words.append((word, position))
                position += max(1, len(word)) * SAMPLES_PER_LETTER
            tone = _tone(max(position, CHUNK))
            for start in range(0, tone.size, CHUNK):
                frame = AudioFrame.from_samples(tone[start : start + CHUNK], VOICE_RATE)
                yield Speech(frame, text, tuple(words)) if start == 0 else Speech(frame)


def _tone(count: int) -> Samples:
    tone: Samples = (np.sin(np.arange(count) * (2 * np.pi * 220 / VOICE_RATE)) * 6000).astype(np.int16)
    return tone


# --- listening --------------------------------------------------------------------------------


class FakeVoiceDetector(Fake):
    """Voice is whatever is louder than `level_dbfs`."""

    role: EngineRole = "voice_detector"
    hop = 512

    def __init__(self, *, model: str = "fake-voice-detector", capacity: int = 0, level_dbfs: float = -40.0) -> None:
        super().__init__(model=model, capacity=capacity)
        self._level = level_dbfs

    def stream(self) -> FakeVoiceStream:
        return FakeVoiceStream(self.hop, self._level)


class FakeVoiceStream:
    def __init__(self, hop: int, level: float) -> None:
        self._hop = hop
        self._level = level
        self._rest: Samples = np.zeros(0, np.int16)

    def feed(self, samples: Samples) -> list[float]:
        pending = np.concatenate([self._rest, samples])
        whole = pending.size // self._hop * self._hop
        self._rest = pending[whole:]
        hops = pending[:whole].reshape(-1, self._hop)
        return [0.95 if level_dbfs(hop) > self._level else 0.02 for hop in hops]


class FakeTurnDetector(Fake):
    """Every pause scores `score`."""

    role: EngineRole = "turn_detector"
    seconds = 0.0

    def __init__(self, *, model: str = "fake-turn-detector", capacity: int = 0, score: float = 0.95) -> None:
        super().__init__(model=model, capacity=capacity)
        self._score = score

    async def complete(self, samples: Samples) -> float:
        await asyncio.sleep(0)
        return self._score
