"""Engines for `test_apart.py` that write down what happens to them; a child process imports this file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from inference.engines.base import EngineInfo, TextDelta, Transcript


class Chat:
    def __init__(self, *, path: str, model: str = "probe", capacity: int = 0) -> None:
        self.info = EngineInfo("probe", "chat", model)
        self._log = Path(path)

    def note(self, line: str) -> None:
        with self._log.open("a") as file:
            file.write(f"{line}\n")

    async def load(self) -> None:
        self.note("loaded")

    async def close(self) -> None:
        self.note("engine closed")

    async def warm(self, prefix: Any) -> None:
        self.note(f"warm {prefix[0].text}")

    @asynccontextmanager
    async def stream(self, prefix: Any = ()) -> AsyncGenerator[Stream]:
        try:
            yield Stream(self)
        finally:
            await asyncio.sleep(0.02)
            self.note("stream closed")


class Stream:
    def __init__(self, chat: Chat) -> None:
        self._note = chat.note

    async def prefill(self, messages: Any, tools: Any = ()) -> None:
        await asyncio.sleep(0.02)

    async def reply(self, messages: Any, tools: Any, options: Any) -> AsyncGenerator[TextDelta]:
        try:
            match messages[-1].text:
                case "endless":
                    number = 0
                    while True:
                        yield TextDelta(f" {number}")
                        number += 1
                        self.note_made(number)
                case "mute":
                    self._note("mute")
                    await asyncio.Event().wait()
                case "until awaited and let go":
                    seen = None
                    while seen != (True, False):
                        now = (options.awaited(), options.held())
                        if now != seen:
                            seen = now
                            self._note(f"awaited {seen[0]} held {seen[1]}")
                        await asyncio.sleep(0.001)
                    yield TextDelta("now")
        finally:
            await asyncio.sleep(0.02)  # an abort takes a moment
            self._note("stopped")

    def note_made(self, number: int) -> None:
        self._note(f"made {number}")


class Voice(Chat):
    async def load(self) -> None:
        os._exit(3)


class Ears(Chat):
    @asynccontextmanager
    async def stream(self, options: Any) -> AsyncGenerator[Ear]:
        await asyncio.sleep(0.02)
        yield Ear(self)


class Ear:
    """Understands how many samples it had been fed when it was asked."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._fed = 0

    def feed(self, samples: Any) -> None:
        self._fed += samples.size

    def reset(self) -> None:
        self._fed = 0

    async def partial(self) -> Transcript:
        try:
            self._ears.note("partial")
            await asyncio.Event().wait()
            return Transcript("")
        finally:
            self._ears.note("stopped")

    async def final(self) -> Transcript:
        known = str(self._fed)
        await asyncio.sleep(0.02)
        return Transcript(known)
