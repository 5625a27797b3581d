"""What an engine is: a loaded model, shared and warm, behind a Protocol of one to four methods.

An engine is loaded once per worker. A *stream* is one conversation's use of it. An async generator
is the streaming API and closing it (`aclosing`) or cancelling its consumer is the abort API: when
`aclose()` returns, compute has stopped. Engines describe themselves as data (`EngineInfo`), which
feeds the builder's drop-downs. Heavy imports stay inside `load()`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from inference.audio import AudioFrame, Samples
from inference.events import Message
from inference.nodes import ToolSpec
from inference.spec import VoiceSpec

EngineRole = Literal["transcriber", "chat", "synthesizer", "voice_detector", "turn_detector"]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """An engine's account of itself. Rates in Hz."""

    kind: str
    """Registry name: "faster_whisper", "llama_cpp", "hibari", ..."""
    role: EngineRole
    model: str
    languages: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    rate: int = 16000
    licence: str = ""
    capacity: int = 0
    """Streams it serves at once; 0 = no limit of its own."""
    by_workspace: bool = False
    """A chat model whose conversations share what they have read, and that keeps workspaces apart in that: its `stream`
    and `warm` take `workspace`. See `inference.engines.in_workspace`."""
    clones: bool = False
    """A synthesizer that speaks in voices it is given samples of: see `LearnsVoices`."""


class Engine(Protocol):
    """Common to all: `load()` reads weights and really runs once; `close()` frees them."""

    info: EngineInfo

    async def load(self) -> None: ...
    async def close(self) -> None: ...


# --- speech recognition -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AsrOptions:
    language: str = "en"
    hints: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """Among which the spoken one is told, where the engine can (`inference.languages`); empty: nobody asks."""


@dataclass(frozen=True, slots=True)
class Transcript:
    text: str
    confidence: float = 1.0
    """exp(mean log-probability), 0..1."""
    no_speech: float = 0.0
    """Probability that the audio holds no speech."""
    language: str = ""
    """Which of `AsrOptions.languages` the words were read in; empty: it was not asked, or the engine cannot tell."""
    language_probability: float = 0.0
    """How likely that one is among them."""


class TranscriberStream(Protocol):
    """One utterance after another of one conversation, 16 kHz int16."""

    def feed(self, samples: Samples) -> None:
        """Append audio of the current utterance. Never blocks."""

    async def partial(self) -> Transcript:
        """What is understood so far. May be skipped or cancelled at any time."""

    async def final(self) -> Transcript:
        """The whole utterance. Takes priority over any partial of any conversation."""

    def reset(self) -> None:
        """Forget the current utterance."""


@runtime_checkable
class Transcriber(Engine, Protocol):
    def stream(self, options: AsrOptions) -> AbstractAsyncContextManager[TranscriberStream]: ...


# --- language model ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """The model asks for a tool. `arguments` is JSON text."""

    call: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Last item of every reply."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0


ChatDelta = TextDelta | ToolRequest | Usage


def always() -> bool:
    """Somebody waits."""
    return True


def never() -> bool:
    """Nothing holds it."""
    return False


@dataclass(frozen=True, slots=True)
class ChatOptions:
    temperature: float = 0.3
    max_tokens: int = 220
    stop: tuple[str, ...] = ()
    json_schema: str = ""
    """Constrain the reply to this JSON schema (text)."""
    grammar: str = ""
    """Constrain the reply to this grammar."""
    seed: int | None = None
    background: bool = False
    """Nobody waits for it: it gives way to every other request, where the engine has an order of them."""
    awaited: Callable[[], bool] = always
    """Whether somebody waits for this reply by now; asked at each step, from any thread. A guess goes behind them."""
    held: Callable[[], bool] = never
    """While it says yes, the prompt is read and a first token written, where the engine can wait there."""


class ChatStream(Protocol):
    """One conversation's use of a chat model: it keeps its place in the KV cache."""

    def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]: ...

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read the prompt into the cache ahead of time. Best effort, cancellable."""


@runtime_checkable
class CountsTokens(Protocol):
    """A chat stream that can say how much fits."""

    @property
    def window(self) -> int:
        """Tokens of one conversation, its reply included."""

    def count(self, text: str) -> int:
        """Tokens of `text`; quick."""


def estimated_tokens(text: str) -> int:
    """For a model whose tokens we cannot count: four bytes a token, which is right for English and safe for others."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


@runtime_checkable
class ChatModel(Engine, Protocol):
    def stream(self, prefix: Sequence[Message] = ()) -> AbstractAsyncContextManager[ChatStream]:
        """`prefix` is the agent's byte-stable head; its KV is shared over conversations."""

    async def warm(self, prefix: Sequence[Message]) -> None:
        """Make `prefix` resident: prefill it once, keep it for every stream."""


# --- speech synthesis -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speech:
    """Audio of one clause. `words` are (word, first sample) in this clause's audio, where known."""

    frame: AudioFrame
    text: str = ""
    """The clause as written; only on the first frame of a clause."""
    words: tuple[tuple[str, int], ...] = field(default=())


@runtime_checkable
class Synthesizer(Engine, Protocol):
    def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        """Clauses are already speakable text. Leading silence of each clause is trimmed."""


@runtime_checkable
class LearnsVoices(Protocol):
    """A synthesizer that speaks in a voice of which it is given a sample."""

    async def learn(self, name: str, sample: bytes) -> None:
        """Know the voice of `sample` (WAV) as `name` from now on; again is nothing. Raises EngineError."""


# --- listening --------------------------------------------------------------------------------


class VoiceStream(Protocol):
    def feed(self, samples: Samples) -> list[float]:
        """Speech probability of every hop completed by these 16 kHz samples; keeps the rest."""


@runtime_checkable
class VoiceDetector(Engine, Protocol):
    hop: int
    """Samples per decision at 16 kHz (512 = 32 ms)."""

    def stream(self) -> VoiceStream: ...


@runtime_checkable
class TurnDetector(Engine, Protocol):
    seconds: float
    """What one judgement takes, measured at load."""

    async def complete(self, samples: Samples) -> float:
        """Probability that the turn is over, from up to the last 8 s of 16 kHz audio."""
