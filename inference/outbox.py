"""What the conversation has to tell the web, in order, bounded, and cut clean by an interruption."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from inference.events import Down, ReplyAudio, ReplyDone, ReplyText

LIMIT = 512
"""Messages. When full, `put` waits: only replies are ever that much ahead of the socket."""


class Outbox:
    """Several tasks put, one socket writer reads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._messages: deque[Down] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._closed = False

    async def put(self, message: Down) -> None:
        """Queue `message`; waits while the box is full, drops it once closed."""
        while len(self._messages) >= self._limit and not self._closed:
            self._drained.clear()
            await self._drained.wait()
        self.put_now(message)

    def put_now(self, message: Down) -> None:
        """Queue `message` at once, over the limit if need be: for what a cancelled task has left to say."""
        if not self._closed:
            self._messages.append(message)
            self._filled.set()

    def interrupt(self, message: Down) -> None:
        """Drop what is left of older replies and put `message` behind the rest."""
        kept = [item for item in self._messages if not isinstance(item, ReplyAudio | ReplyText | ReplyDone)]
        self._messages = deque(kept)
        self.put_now(message)
        self._drained.set()

    def close(self) -> None:
        """What is queued is still read; nothing joins it."""
        self._closed = True
        self._filled.set()
        self._drained.set()

    async def messages(self) -> AsyncGenerator[Down]:
        """Every message in order, until closed and empty."""
        while True:
            while self._messages:
                message = self._messages.popleft()
                self._drained.set()
                yield message
            if self._closed:
                return
            self._filled.clear()
            await self._filled.wait()
