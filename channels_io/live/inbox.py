"""What a transport has received and the session has not yet handled. Bounded.

Audio beyond `audio_limit` frames drops the oldest audio and counts it. Other messages are never
dropped: beyond `limit` of them the sender is flooding and is refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from channels_io.live.messages import CallerAudio, Gone, Hangup, Inbound, Refused

AUDIO_FRAMES = 250
"""5 s of 20 ms frames."""
MESSAGES = 1000


class Inbox:
    """One producer that never waits, one consumer."""

    def __init__(self, audio_limit: int = AUDIO_FRAMES, limit: int = MESSAGES) -> None:
        self._audio_limit = audio_limit
        self._limit = limit
        self._items: deque[Inbound] = deque()
        self._audio = 0
        self._arrived = asyncio.Event()
        self.dropped_frames = 0

    def put(self, item: Inbound) -> bool:
        """False when the sender floods: the item was not taken."""
        if isinstance(item, CallerAudio):
            if self._audio >= self._audio_limit:
                self._drop_oldest_audio()
            self._audio += 1
        elif len(self._items) - self._audio >= self._limit and not isinstance(item, Gone | Refused | Hangup):
            return False
        self._items.append(item)
        self._arrived.set()
        return True

    def _drop_oldest_audio(self) -> None:
        for index, item in enumerate(self._items):
            if isinstance(item, CallerAudio):
                del self._items[index]
                self._audio -= 1
                self.dropped_frames += 1
                return

    async def get(self) -> Inbound:
        """Waits. Cancelling it loses nothing."""
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        item = self._items.popleft()
        if isinstance(item, CallerAudio):
            self._audio -= 1
        return item

    async def messages(self) -> AsyncIterator[Inbound]:
        """Everything, up to and including the message that ends the line."""
        while True:
            item = await self.get()
            yield item
            if isinstance(item, Gone | Refused | Hangup):
                return
