"""`python -m inference.engines.apart_cost`: what a process of its own adds to an engine, in milliseconds.

The same fakes without delays, in this process and apart: the time to the first item of each use.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from inference.engines.apart import ApartChat, ApartTranscriber, ApartVoice
from inference.engines.base import AsrOptions, ChatModel, ChatOptions, Synthesizer, Transcriber
from inference.engines.fake import FakeChat, FakeSynthesizer, FakeTranscriber
from inference.events import Message
from inference.spec import VoiceSpec

TIMES = 300
PROMPT = [Message("system", "You answer the telephone of a dentist. " * 40), Message("user", "Good morning. " * 10)]
SECOND = np.zeros(16000, np.int16)


async def _one(text: str) -> AsyncGenerator[str]:
    yield text


async def _chat(model: ChatModel, note: Callable[[float], None]) -> None:
    async with model.stream() as stream:
        for _ in range(TIMES):
            began = time.perf_counter()
            async with aclosing(stream.reply(PROMPT, (), ChatOptions(max_tokens=4))) as deltas:
                await anext(deltas)
                note(time.perf_counter() - began)


async def _understand(model: Transcriber, note: Callable[[float], None]) -> None:
    async with model.stream(AsrOptions()) as stream:
        for _ in range(TIMES):
            began = time.perf_counter()
            stream.feed(SECOND)
            await stream.final()
            note(time.perf_counter() - began)


async def _speak(model: Synthesizer, note: Callable[[float], None]) -> None:
    for _ in range(TIMES):
        began = time.perf_counter()
        async with aclosing(model.speak(_one("Good morning, how may I help?"), VoiceSpec())) as speech:
            await anext(speech)
            note(time.perf_counter() - began)


async def _measured(use: Callable[[Callable[[float], None]], Awaitable[None]]) -> list[float]:
    seconds: list[float] = []
    await use(seconds.append)
    return [each * 1000 for each in seconds[TIMES // 10 :]]


def _line(name: str, near: list[float], apart: list[float]) -> str:
    def p95(values: list[float]) -> float:
        return quantiles(values, n=20)[-1]

    added, late = median(apart) - median(near), p95(apart) - p95(near)
    return f"{name:<12} {median(near):6.2f} {median(apart):6.2f}   added {added:.2f} ms, p95 {late:.2f} ms\n"


async def main() -> int:
    python = Path(sys.executable)
    chat, voice, ear = (
        ApartChat("fake", {"first_ms": 0, "token_ms": 0}, python),
        ApartVoice("fake", {"first_ms": 0}, python),
        ApartTranscriber("fake", {"delay_ms": 0}, python),
    )
    sys.stdout.write("first item   in process, apart (medians, ms)\n")
    for engine in (chat, voice, ear):
        await engine.load()
    try:
        pairs: tuple[tuple[str, Awaitable[list[float]], Awaitable[list[float]]], ...] = (
            (
                "chat",
                _measured(lambda note: _chat(FakeChat(first_ms=0, token_ms=0), note)),
                _measured(lambda note: _chat(chat, note)),
            ),
            (
                "synthesizer",
                _measured(lambda note: _speak(FakeSynthesizer(first_ms=0), note)),
                _measured(lambda note: _speak(voice, note)),
            ),
            (
                "transcriber",
                _measured(lambda note: _understand(FakeTranscriber(delay_ms=0), note)),
                _measured(lambda note: _understand(ear, note)),
            ),
        )
        for name, near, apart in pairs:
            sys.stdout.write(_line(name, await near, await apart))
    finally:
        for engine in (chat, voice, ear):
            await engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
