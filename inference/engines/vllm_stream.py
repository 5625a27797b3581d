"""One conversation's use of a model on vLLM."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from inference.engines.base import ChatDelta, ChatOptions, TextDelta, ToolRequest, Usage
from inference.engines.vllm_bound import structure
from inference.engines.vllm_core import Piece, Request
from inference.engines.vllm_seats import GUESS, priority
from inference.engines.vllm_tools import NewReading
from inference.events import Message
from inference.nodes import ToolSpec

LEAST_ROOM = 256
"""Tokens of the window that a prompt leaves for the reply."""
LOOK_SECONDS = 0.01
"""How often a reply that is held asks whether it still is."""


class Model(Protocol):
    """The part of `VLLM` that a stream needs."""

    new_reading: NewReading

    @property
    def window(self) -> int: ...
    @property
    def marks(self) -> bool: ...
    def count(self, text: str) -> int: ...
    def prompt_tokens(self, messages: Sequence[Message], tools: Sequence[ToolSpec], room: int) -> list[int]: ...
    def head_tokens(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[int]: ...
    def pieces(self, request: Request, options: ChatOptions | None = None) -> AsyncGenerator[Piece]: ...


class VLLMStream:
    """A reply ends the reading ahead before it; what that has read is found in the cache."""

    def __init__(self, model: Model, name: str, salt: str) -> None:
        self.name = name
        self._model = model
        self._salt = salt
        self._ahead: asyncio.Task[None] | None = None

    @property
    def window(self) -> int:
        return self._model.window

    def count(self, text: str) -> int:
        return self._model.count(text)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        """Raises EngineError; `engine_full` at once. Closing it stops the work: at most the step in hand is finished."""
        self.stop_reading_ahead()
        model = self._model
        tokens = model.prompt_tokens(messages, tools, room=min(options.max_tokens, LEAST_ROOM))
        request = Request(
            tokens,
            self._salt,
            priority(options),
            max_tokens=max(1, min(options.max_tokens, model.window - len(tokens))),
            temperature=options.temperature,
            seed=options.seed,
            stop=options.stop,
            bound=structure(options),
            marks=bool(tools) and model.marks,
        )
        reading = model.new_reading(tools)
        cached, written = None, 0
        async with aclosing(self._begun(request, options)) as pieces:
            async for piece in pieces:
                cached = piece.cached if cached is None else cached
                written += len(piece.tokens)
                if text := reading.add(piece.text, piece.tokens):
                    yield TextDelta(text)
        if rest := reading.end():
            yield TextDelta(rest)
        for number, (name, arguments) in enumerate(reading.requests()):
            yield ToolRequest(f"{self.name}-{len(tokens)}-{number}", name, arguments)
        yield Usage(len(tokens), cached or 0, written)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read ahead what stays of the prompt when more words come; the newest wish replaces the one before."""
        self.stop_reading_ahead()
        request = Request(self._model.head_tokens(messages, tools), self._salt, GUESS)
        if not request.tokens:
            return
        self._ahead = asyncio.create_task(read(self._model, request))
        try:
            await self._ahead
        except asyncio.CancelledError:
            # Either we were cancelled, or a newer request ended this one: then it simply is over.
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                await self.end()
                raise

    def stop_reading_ahead(self) -> None:
        """Nobody waits for its end: what it has read so far is in the cache."""
        if self._ahead is not None:
            self._ahead.cancel()

    async def end(self) -> None:
        """The conversation is over, or nobody wants what is read ahead: returns when nothing is computed for it."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and not ahead.done():
            ahead.cancel()
            await asyncio.wait([ahead])

    async def _begun(self, request: Request, options: ChatOptions) -> AsyncGenerator[Piece]:
        """The reply's pieces. One that is held rests behind its first token, and computes nothing meanwhile."""
        if options.held() and not request.bound and request.max_tokens > 1:
            first: Piece | None = None
            async with aclosing(self._model.pieces(replace(request, max_tokens=1), options)) as pieces:
                async for first in pieces:
                    yield first
            if first is None or first.ended:
                return
            while options.held():  # noqa: ASYNC110 - it is a question to somebody else's state
                await asyncio.sleep(LOOK_SECONDS)
            request = replace(
                request,
                tokens=[*request.tokens, *first.tokens],
                max_tokens=request.max_tokens - len(first.tokens),
                priority=priority(options),
            )
        async with aclosing(self._model.pieces(request, options)) as pieces:
            async for piece in pieces:
                yield piece


async def read(model: Model, request: Request) -> None:
    """Have the request's tokens in the cache. One more is written: vLLM has no request without."""
    async with aclosing(model.pieces(replace(request, max_tokens=1, temperature=0.0))) as pieces:
        async for _ in pieces:
            pass
