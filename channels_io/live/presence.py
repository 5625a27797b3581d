"""Which conversations have a live socket in this process: a conversation has one at a time.

The newest socket wins: a page that lost its network comes back before the old socket is known dead.
The old one is closed with 4409, and the new leg opens only when the old one has written its record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from channels_io.base import CloseCode
from channels_io.live.inbox import Inbox
from channels_io.live.messages import Refused

HAND_OVER_SECONDS = 3.0


@dataclass(slots=True)
class _Holder:
    inbox: Inbox
    left: asyncio.Event = field(default_factory=asyncio.Event)


_holders: dict[str, _Holder] = {}


async def take_over(conversation: str) -> None:
    """End the socket that holds `conversation`, if there is one, and wait for its record."""
    holder = _holders.get(conversation)
    if holder is None:
        return
    message = "This conversation goes on in another window."
    holder.inbox.put(Refused(CloseCode.SECOND_SOCKET, "replaced", message))
    try:
        async with asyncio.timeout(HAND_OVER_SECONDS):
            await holder.left.wait()
    except TimeoutError:
        return  # Its database is slow: the new leg starts from the last state that was written.


@contextmanager
def present(conversation: str, inbox: Inbox) -> Iterator[None]:
    """While inside, `inbox` is the line of `conversation`."""
    holder = _Holder(inbox)
    _holders[conversation] = holder
    try:
        yield
    finally:
        holder.left.set()
        if _holders.get(conversation) is holder:
            del _holders[conversation]
