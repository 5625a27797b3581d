"""What a reply has to say while it is not yet known whether it will be given.

A reply begun before the caller's turn is over runs through the model and the voice like any other,
but its messages wait here. `open` lets them out at once; a reply that is dropped leaves no trace.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec

from inference.events import Failed, ReplyAudio, ReplyDone, ReplyText, Timing
from inference.outbox import Outbox

Said = ReplyText | ReplyAudio | ReplyDone | Failed | Timing
Said_ = TypeVar("Said_", bound=Said)


class Gate:
    """One reply's way to the outbox. What waits is bounded by how far the mouth runs ahead of the ear."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._waiting: list[Said] = []
        self._turn = 0
        self._open = asyncio.Event()

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    async def opening(self) -> None:
        """Wait until the reply is given."""
        await self._open.wait()

    def open(self, turn: int) -> None:
        """The reply is given, as the one to `turn`: what waits goes out, what follows goes straight through."""
        self._turn = turn
        for message in self._waiting:
            self._outbox.put_now(_numbered(message, turn))
        self._waiting.clear()
        self._open.set()

    async def put(self, message: Said) -> None:
        """Send `message`, or keep it until the gate opens. Open, it waits while the outbox is full."""
        if self.is_open:
            await self._outbox.put(_numbered(message, self._turn))
        else:
            self._waiting.append(message)

    def put_now(self, message: Said) -> None:
        """The same, over the outbox's limit if need be."""
        if self.is_open:
            self._outbox.put_now(_numbered(message, self._turn))
        else:
            self._waiting.append(message)


def _numbered(message: Said_, turn: int) -> Said_:
    return message if message.turn == turn else msgspec.structs.replace(message, turn=turn)
