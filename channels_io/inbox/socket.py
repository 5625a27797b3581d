"""`ws/inbox/`: tells a page which conversations changed, and hears that its person is there.

Down: {"type": "changed", "conversation", "what"}, {"type": "resync"} (read the list again), {"type": "ping"}.
Up: {"type": "here", "available": bool} every 20 s; without `available` it stays as it was said. A page that is silent for `SILENT_SECONDS` is closed (4408), a slow
reader too (4410); whoever signs out or leaves the workspace is closed within `LOOK_SECONDS` (4401).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from channels.db import database_sync_to_async
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError

from channels_io.actions.note_presence import note_presence
from channels_io.announce import topic_of
from channels_io.base import CloseCode
from channels_io.inbox.changes import Changes
from channels_io.inbox.door import Guest, from_here, let_in, still_welcome
from channels_io.live.hub import Hub, Subscription, hub_of_this_loop
from channels_io.live.socket_channel import transport_backlog

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

GATHER_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 4.0
PING_SECONDS: Final = 20.0
SILENT_SECONDS: Final = 70.0
SEND_SECONDS: Final = 10.0
MOST_WAITING_BYTES: Final = 256 * 1024
MOST_MESSAGE: Final = 1000
PRESENCE_SECONDS: Final = 5.0
MOST_PER_PERSON: Final = 30
"""Open sockets of one person in one process."""

_open: Counter[str] = Counter()


class Leave(Exception):
    """The socket ends with this code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code)
        self.code = code


async def inbox_socket(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    await InboxSocket(scope, receive, send, hub_of_this_loop()).run()


class InboxSocket:
    def __init__(
        self, scope: Mapping[str, Any], receive: Receive, send: Send, hub: Hub, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._headers: list[tuple[bytes, bytes]] = list(scope.get("headers", []))
        self._receive = receive
        self._send = send
        self._hub = hub
        self._look_seconds = look_seconds
        self._changes = Changes()
        self._changed = asyncio.Event()
        self._gone = False
        self._heard = asyncio.get_running_loop().time()
        self._noted = float("-inf")

    async def run(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})  # First: a refused handshake shows no close code.
        try:
            await self._serve(await self._admit())
        except* Leave as leaving:
            await self._close(_code_of(leaving))

    async def _admit(self) -> Guest:
        if not from_here(self._headers):
            raise Leave(CloseCode.ORIGIN)
        guest: Guest | None = await database_sync_to_async(let_in)(self._headers)
        if guest is None:
            raise Leave(CloseCode.BAD_TICKET)
        return guest

    async def _serve(self, guest: Guest) -> None:
        person = guest.actor.user.public_id if guest.actor.user is not None else ""
        if _open[person] >= MOST_PER_PERSON:
            raise Leave(CloseCode.WORKER_FULL)
        _open[person] += 1
        try:
            topic = topic_of(guest.actor.workspace.public_id)
            with self._hub.listening(topic, limit=1000, renewed=self._missed) as subscription:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._gather(subscription))
                    tasks.create_task(self._tell())
                    tasks.create_task(self._watch(guest))
                    await self._listen(guest)
                    raise Leave(CloseCode.NORMAL)  # The page has gone: the other tasks end with it.
        finally:
            _open[person] -= 1
            if not _open[person]:
                del _open[person]

    # --- down -------------------------------------------------------------------------------------

    def _missed(self) -> None:
        self._changes.add_all()
        self._changed.set()

    async def _gather(self, subscription: Subscription) -> None:
        while True:
            dropped = subscription.dropped
            self._changes.add(await subscription.get())
            if subscription.dropped != dropped:
                self._changes.add_all()
            self._changed.set()

    async def _tell(self) -> None:
        """What changed, gathered for a moment; a ping when nothing does, so that a page knows a dead line from a quiet one."""
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                await self._say({"type": "ping"})
                continue
            await asyncio.sleep(GATHER_SECONDS)
            self._changed.clear()
            for message in self._changes.take():
                await self._say(message)

    async def _say(self, message: dict[str, Any]) -> None:
        if transport_backlog(self._send) > MOST_WAITING_BYTES:
            raise Leave(CloseCode.SLOW_READER)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.send", "text": json.dumps(message)})
        except TimeoutError:
            raise Leave(CloseCode.SLOW_READER) from None

    # --- up ---------------------------------------------------------------------------------------

    async def _listen(self, guest: Guest) -> None:
        """Until the page goes."""
        while (event := await self._receive())["type"] != "websocket.disconnect":
            text = event.get("text")
            if text is None or len(text) > MOST_MESSAGE:
                raise Leave(CloseCode.PROTOCOL)
            try:
                message = json.loads(text)
            except ValueError:
                raise Leave(CloseCode.PROTOCOL) from None
            if not isinstance(message, dict):
                raise Leave(CloseCode.PROTOCOL)
            self._heard = asyncio.get_running_loop().time()
            if message.get("type") == "here":
                said = message.get("available")
                await self._note(guest, available=said if isinstance(said, bool) else None)
        self._gone = True

    async def _note(self, guest: Guest, *, available: bool | None) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._noted < PRESENCE_SECONDS:
            await asyncio.sleep(PRESENCE_SECONDS - (now - self._noted))  # Who asks too often waits; nothing is lost.
        self._noted = asyncio.get_running_loop().time()
        with suppress(PermissionDenied, DatabaseError):
            await database_sync_to_async(note_presence)(guest.actor, available=available)

    async def _watch(self, guest: Guest) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            if asyncio.get_running_loop().time() - self._heard > SILENT_SECONDS:
                raise Leave(CloseCode.SILENT)
            try:
                welcome = await database_sync_to_async(still_welcome)(guest)
            except DatabaseError as error:
                logger.warning("Who listens at the inbox could not be checked: %s", type(error).__name__)
                continue
            if not welcome:
                raise Leave(CloseCode.BAD_TICKET)

    async def _close(self, code: CloseCode) -> None:
        if not self._gone:
            self._gone = True
            with suppress(OSError):
                await self._send({"type": "websocket.close", "code": int(code)})


def _code_of(leaving: BaseExceptionGroup[Leave]) -> CloseCode:
    first = leaving.exceptions[0]
    return first.code if isinstance(first, Leave) else _code_of(first)
