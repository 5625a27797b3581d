"""What the web has sent and the conversation has not taken yet: bounded, and never a reason to wait."""

from __future__ import annotations

import asyncio

from inference import metrics
from inference.events import Audio, Up

LIMIT = 256
"""Messages. Caller audio beyond it drops the oldest audio (about 5 s) and counts it."""


class Inbox:
    """One reader takes, anybody puts."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._messages: asyncio.Queue[Up] = asyncio.Queue(limit)

    def put(self, message: Up) -> None:
        """Never waits. A full inbox drops its oldest audio, or else the message."""
        if self._messages.full():
            self._drop_oldest_audio()
        if not self._messages.full():
            self._messages.put_nowait(message)

    async def get(self) -> Up:
        return await self._messages.get()

    def _drop_oldest_audio(self) -> None:
        kept = []
        dropped = False
        while not self._messages.empty():
            message = self._messages.get_nowait()
            if not dropped and isinstance(message, Audio):
                dropped = True
                continue
            kept.append(message)
        for message in kept:
            self._messages.put_nowait(message)
        metrics.frames_dropped(1)
