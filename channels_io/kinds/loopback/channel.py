"""A line whose other end is a program in this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from channels_io.live.inbox import Inbox
from channels_io.live.messages import ChannelEvent, Clear, Floor, Hangup, Inbound, Text
from inference.events import Media

EVENTS_LIMIT = 1000
"""When full, the session waits: read the events."""
AUDIO_LIMIT = 30_000
"""Frames kept of the agent's audio (10 minutes); the oldest go first."""


class LoopbackChannel:
    """Say things with `type` and `put`, read what comes back with `events()`."""

    can_hold = True

    def __init__(self, media: Media | None = None, kind: str = "loopback") -> None:
        self.kind = kind
        self.media = media or Media("text")
        self.inbox = Inbox()
        self.audio: deque[tuple[int, bytes]] = deque(maxlen=AUDIO_LIMIT)
        self.close_code: int | None = None
        self._events: asyncio.Queue[ChannelEvent | None] = asyncio.Queue(EVENTS_LIMIT)

    # --- the program's side ---------------------------------------------------------------------

    def put(self, inbound: Inbound) -> None:
        self.inbox.put(inbound)

    def type(self, text: str, message_id: str = "") -> None:
        self.inbox.put(Text(text, message_id))

    def hang_up(self) -> None:
        self.inbox.put(Hangup())

    async def events(self) -> AsyncIterator[ChannelEvent]:
        """In order, until the line is closed."""
        while (event := await self._events.get()) is not None:
            yield event

    # --- the session's side ---------------------------------------------------------------------

    def inbound(self) -> AsyncIterator[Inbound]:
        return self.inbox.messages()

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        self.audio.append((turn, pcm))

    async def send_tone(self, pcm: bytes) -> None:
        """Nobody listens."""

    async def send(self, event: ChannelEvent) -> None:
        if self.close_code is None:
            await self._events.put(event)

    async def clear(self, turn: int) -> None:
        await self.send(Clear(turn))

    async def duck(self, turn: int) -> None:
        await self.send(Floor("duck", turn))

    async def hold(self, turn: int, heard: int) -> None:
        await self.send(Floor("hold", turn))

    async def release(self, turn: int) -> None:
        await self.send(Floor("release", turn))

    def backlog(self) -> int:
        return 0

    async def close(self, code: int) -> None:
        if self.close_code is None:
            self.close_code = code
            await self._events.put(None)
