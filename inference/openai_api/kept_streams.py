"""Conversations of the chat endpoint that go on: `prompt_cache_key` names one, its stream keeps what was read.

OpenAI's API is stateless, so without a name every request reads its history again (only the head of a
published agent is shared). A named conversation keeps its stream, and with it the cache of its prompt.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from inference.engines.base import ChatModel, ChatStream

KEPT = 4
"""Streams that wait for their next request; one more, and the one that waited longest is closed."""


class KeptStreams:
    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._waiting: dict[tuple[str, str], tuple[ChatStream, AsyncExitStack]] = {}

    @asynccontextmanager
    async def take(self, model: ChatModel, key: str) -> AsyncGenerator[ChatStream]:
        """The stream of conversation `key`; "" is none. A second request at the same time has one of its own."""
        if not key:
            async with model.stream() as stream:
                yield stream
            return
        name = (model.info.model, key)
        kept = self._waiting.pop(name, None)
        if kept is None:
            exits = AsyncExitStack()
            kept = (await exits.enter_async_context(model.stream()), exits)
        try:
            yield kept[0]
        finally:
            await self._put_back(name, kept)

    async def close(self) -> None:
        while self._waiting:
            await self._close_oldest()

    async def _put_back(self, name: tuple[str, str], kept: tuple[ChatStream, AsyncExitStack]) -> None:
        if name in self._waiting:
            await kept[1].aclose()
            return
        self._waiting[name] = kept
        if len(self._waiting) > self._limit:
            await self._close_oldest()

    async def _close_oldest(self) -> None:
        _, exits = self._waiting.pop(next(iter(self._waiting)))
        await exits.aclose()
