"""A `Core` that computes nothing: what it was asked, and when it goes on, is the test's to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from inference.engines.vllm_core import Piece, Request
from inference.engines.vllm_settings import Settings
from inference.engines.vllm_stats import Step
from inference.errors import EngineNotReady

TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


class LetterWords:
    """A token is a letter."""

    chat_template: Any = TEMPLATE
    bos_token: str | None = None
    eos_token: str | None = None

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        return [ord(letter) for letter in text]


@dataclass
class DoubleCore:
    """Answers with `script`, a piece at a time, behind `gate`."""

    words: LetterWords = field(default_factory=LetterWords)
    cells: int = 4000
    window: int = 600
    script: list[str] = field(default_factory=lambda: ["Fine", "."])
    asked: list[Request] = field(default_factory=list)
    stopped: list[Request] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    slept: int = 0
    woken: int = 0
    closed: bool = False
    dead: bool = False
    told: Callable[[Step], None] | None = None

    async def start(self, settings: Settings, *, path: str, capacity: int, told: Callable[[Step], None]) -> DoubleCore:
        self.told, self.dead = told, False
        self.gate.set()
        return self

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        self.asked.append(request)
        if self.dead:
            raise EngineNotReady("Gone.")
        finished = False
        try:
            await self.gate.wait()
            lines = self.script[: request.max_tokens]
            for number, text in enumerate(lines, 1):
                finished = number == len(lines)
                whole = finished and len(lines) == len(self.script)
                yield Piece(text, (number,), cached=len(request.tokens) // 2, finished=finished, ended=whole)
        finally:
            if not finished:
                self.stopped.append(request)

    async def sleep(self) -> None:
        self.slept += 1

    async def wake(self) -> None:
        self.woken += 1

    async def close(self) -> None:
        self.closed = True
