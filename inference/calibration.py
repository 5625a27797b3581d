"""What one call will cost on this machine, from one short pass through every engine at load.

A call is thought of as a turn every `TURN_SECONDS`: the caller speaks, partial and final passes read
it, the model answers in a few dozen tokens, the voice speaks them in clauses, and the voice detector
hears every frame. It is a beginning only: `inference.admission` goes on from what calls really take.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

import numpy as np

from inference.admission import Costs
from inference.engines.base import AsrOptions, ChatModel, ChatOptions, Synthesizer, Transcriber, Usage, VoiceDetector
from inference.events import Message
from inference.lanes import LANES, PROCESSOR, LaneName, LaneUse
from inference.spec import VoiceSpec

RATE = 16_000
TURN_SECONDS = 8.0
FINAL_PASSES = 1.5
"""A turn: some pauses are not its end."""
PASSES = 4.0
"""With the partial ones, which take processor time but let everybody else go first."""
TOKENS = 60.0
"""Read and written anew in a turn, the rest being in the cache."""
CLAUSES = 3.0
FRAMES = 0.012
"""Seconds of the event loop for each second of a call beside voice detection: sockets, messages, timers."""
CLAUSE = "Good, and how can I help you today?"


class Warm(Protocol):
    """Loaded engines: `inference.pool.Pool`."""

    def transcriber(self, name: str = "default") -> Transcriber: ...
    def chat(self, name: str = "default") -> ChatModel: ...
    def synthesizer(self, name: str = "default") -> Synthesizer: ...
    @property
    def voice_detector(self) -> VoiceDetector: ...


async def calibrate(engines: Warm) -> Costs:
    """Run each engine once, one after the other. Raises EngineError."""
    listening = _listen(engines.voice_detector)
    recognition, pass_use = await _timed("transcriber", lambda: _recognise(engines.transcriber()))
    tokens: list[int] = []
    thinking, step_use = await _timed("chat", lambda: _think(engines.chat(), tokens))
    speaking, clause_use = await _timed("synthesizer", lambda: _speak(engines.synthesizer()))
    turns = TOKENS / max(1, sum(tokens))
    return Costs(
        processor=listening + FRAMES + (PASSES * recognition + turns * thinking + CLAUSES * speaking) / TURN_SECONDS,
        loop=listening + FRAMES,
        lanes={
            name: (use.busy * times / TURN_SECONDS, use.served * times / TURN_SECONDS)
            for name, use, times in _rates(pass_use, step_use, clause_use, turns)
            if use.served
        },
    )


def _rates(
    passes: LaneUse, steps: LaneUse, clauses: LaneUse, turns: float
) -> tuple[tuple[LaneName, LaneUse, float], ...]:
    return (("transcriber", passes, FINAL_PASSES), ("chat", steps, turns), ("synthesizer", clauses, CLAUSES))


async def _timed(name: LaneName, work: Callable[[], Awaitable[None]]) -> tuple[float, LaneUse]:
    """Seconds of the processor that `work` took, and what its lane saw of it."""
    LANES[name].drain()
    began = PROCESSOR.seconds()
    await work()
    taken, use = PROCESSOR.seconds() - began, LANES[name].drain()
    # Where others have the cores just now, the clock tells their load, not what this work takes.
    return taken, replace(use, busy=min(use.busy, taken))


def _listen(detector: VoiceDetector) -> float:
    """Seconds for one second of voice detection: the quickest of a few, as it goes once it is warm."""
    stream, noise, taken = detector.stream(), _noise(), []
    for _ in range(3):
        began = time.thread_time()
        stream.feed(noise)
        taken.append(time.thread_time() - began)
    return min(taken)


async def _recognise(transcriber: Transcriber) -> None:
    async with transcriber.stream(AsrOptions()) as stream:
        stream.feed(_noise())
        await stream.final()


async def _think(chat: ChatModel, tokens: list[int]) -> None:
    messages = (
        Message("system", "You are a friendly assistant on the phone."),
        Message("user", "Please count from one to twenty."),
    )
    async with (
        chat.stream() as stream,
        aclosing(stream.reply(messages, (), ChatOptions(max_tokens=8, temperature=0.0))) as deltas,
    ):
        async for delta in deltas:
            if isinstance(delta, Usage):
                tokens.append(delta.prompt_tokens - delta.cached_tokens + delta.reply_tokens)


async def _speak(synthesizer: Synthesizer) -> None:
    async with aclosing(synthesizer.speak(_one(CLAUSE), VoiceSpec())) as pieces:
        async for _ in pieces:
            pass


async def _one(text: str) -> AsyncGenerator[str]:
    yield text


def _noise() -> np.typing.NDArray[np.int16]:
    return np.random.default_rng(0).normal(0, 3000, RATE).astype(np.int16)
