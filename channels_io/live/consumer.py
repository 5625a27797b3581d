"""The base of every WebSocket kind: admit, then read into the session's inbox. An adapter, no more.

It is an ASGI application of its own and not a Channels consumer: those hop through the shared
database thread for every message, 50 times a second and call. Here a frame is validated and queued.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async

from channels_io.base import CloseCode
from channels_io.live import presence
from channels_io.live.inbox import Inbox
from channels_io.live.intake import Codec, Intake
from channels_io.live.limits import Limits
from channels_io.live.live_legs import RESTARTING
from channels_io.live.messages import Failed, Gone
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_ticket
from channels_io.live.runner import run_leg
from channels_io.live.socket_channel import Send, SocketChannel
from channels_io.tickets import ANY_ORIGIN, Ticket, redeem_ticket
from inference.events import Media
from parley.lib.draining import is_draining

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]


class NotAdmitted(Exception):
    """Shown to the caller: close code, stable code, what to do."""

    def __init__(self, close_code: CloseCode, code: str, message: str) -> None:
        super().__init__(code)
        self.close_code = close_code
        self.code = code
        self.message = message


class LiveConsumer:
    kind: ClassVar[str]
    media: ClassVar[Media]
    codec: ClassVar[Codec]
    limits: ClassVar[Limits] = Limits()

    @classmethod
    def as_asgi(cls) -> Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]:
        async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).run()

        return application

    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._inbox = Inbox()
        self._channel = SocketChannel(self.kind, self.media, self.codec, send, self._inbox)
        self._send = send

    async def run(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})  # First: a refused handshake shows no close code.
        now = asyncio.get_running_loop().time()
        intake = Intake(self.codec, self._inbox, rate=self.media.rate_in, limits=self.limits, started=now)
        reading = asyncio.create_task(self._read(intake))
        try:
            opened = await self._admit()
            with presence.present(opened.facts.conversation, self._inbox):
                await run_leg(self._channel, opened, limits=self.limits)
        except NotAdmitted as refusal:
            await self._channel.send(Failed(refusal.code, refusal.message, fatal=True))
            await self._channel.close(refusal.close_code)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _read(self, intake: Intake) -> None:
        """Only enqueues: what a frame means is the session's business."""
        clock = asyncio.get_running_loop().time
        while (message := await self._receive())["type"] != "websocket.disconnect":
            intake.feed(message.get("text"), message.get("bytes"), clock())
        self._channel.gone = True
        self._inbox.put(Gone())

    async def _admit(self) -> OpenedLeg:
        if is_draining():  # The page asks again in a moment; another process, or the new one, answers.
            raise NotAdmitted(CloseCode.RESTARTING, "draining", RESTARTING)
        query = parse_qs(self._scope.get("query_string", b"").decode("latin-1"))
        ticket = await redeem_ticket(query.get("ticket", [""])[0])
        if ticket is None or ticket.kind != self.kind:
            message = "This ticket is unknown, used or too old. Reload the page and call again."
            raise NotAdmitted(CloseCode.BAD_TICKET, "bad_ticket", message)
        if not origin_allowed(self._scope.get("headers", []), ticket):
            message = "This page may not open the conversation. Add its address to the channel's allowed sites."
            raise NotAdmitted(CloseCode.ORIGIN, "origin", message)
        if ticket.conversation:
            await presence.take_over(ticket.conversation)
        try:
            opened: OpenedLeg = await database_sync_to_async(open_ticket)(ticket, self.media.kind)
            return opened
        except NothingToOpen as error:
            raise NotAdmitted(CloseCode.NOT_FOUND, "not_found", str(error)) from error


def origin_allowed(headers: list[tuple[bytes, bytes]], ticket: Ticket) -> bool:
    """The Origin header is one of the ticket's, or, without a list, of the server the socket is opened on."""
    known = {name.lower(): value.decode("latin-1").lower() for name, value in headers}
    origin = known.get(b"origin", "")
    if ANY_ORIGIN in ticket.origins:
        return True
    if ticket.origins:
        return origin in {allowed.lower() for allowed in ticket.origins}
    return bool(origin) and urlsplit(origin).netloc == known.get(b"host", "")
