"""`ws/operator/<conversation>/?ticket=`: a person at a browser watches a leg, listens to it, and talks on it.

Down: watch events as JSON (`watch_events.py`), live sound as bytes. Up: listen, mute, ping as JSON, the microphone as bytes.
A slow reader loses sound first, then the socket; the call never notices.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from channels_io.base import CloseCode
from channels_io.inbox.door import from_here
from channels_io.live.hub import Hub, hub_of_this_loop
from channels_io.live.operator_notes import encode_note
from channels_io.live.operator_seat import Mute, OperatorSeat, Ping
from channels_io.live.socket_channel import transport_backlog
from channels_io.live.topics import topic_of_leg
from channels_io.operator_tickets import OperatorTicket, redeem_operator_ticket
from inference.errors import ProtocolError
from parley.accounts.models import Membership
from parley.accounts.permissions import Permission

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

TICK_SECONDS: Final = 0.1
EVENTS: Final = 500
SOUND: Final = 50
"""Pieces that wait for this reader: 0.5 s of both sides."""
SLOW_BYTES: Final = 128 * 1024
"""So much waits in the transport: no more sound."""
MOST_BYTES_WAITING: Final = 1024 * 1024
SEND_SECONDS: Final = 5.0
PONG: Final = '{"type":"pong"}'
"""Without it a page cannot tell a quiet call from a dead line."""
LOOK_SECONDS: Final = 30.0
"""Between two looks whether they still may."""


class Leave(Exception):
    """The socket ends with this code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code)
        self.code = code


async def operator_socket(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    await OperatorSocket(scope, receive, send, hub_of_this_loop()).run()


class OperatorSocket:
    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send, hub: Hub) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._hub = hub
        self._clock = asyncio.get_running_loop().time
        self._gone = False
        self._sound_wanted = asyncio.Event()

    async def run(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})  # First: a refused handshake shows no close code.
        code = CloseCode.NORMAL
        try:
            await self._serve(await self._admit())
        except* Leave as leaving:
            code = _code_of(leaving)
        if not self._gone:
            self._gone = True
            with suppress(TimeoutError):
                async with asyncio.timeout(SEND_SECONDS):
                    await self._send({"type": "websocket.close", "code": int(code)})

    async def _admit(self) -> OperatorTicket:
        if not from_here(self._scope.get("headers", [])):
            raise Leave(CloseCode.ORIGIN)
        query = parse_qs(self._scope.get("query_string", b"").decode("latin-1"))
        ticket = await redeem_operator_ticket(query.get("ticket", [""])[0])
        if ticket is None or ticket.conversation != str(self._scope["url_route"]["kwargs"]["conversation"]):
            raise Leave(CloseCode.BAD_TICKET)
        return ticket

    async def _serve(self, ticket: OperatorTicket) -> None:
        seat = OperatorSeat(ticket, self._clock())
        self._control = topic_of_leg(ticket.conversation, "control")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell_events(ticket, seat))
                tasks.create_task(self._keep_seat(seat))
                tasks.create_task(self._look(ticket))
                if ticket.listen:
                    tasks.create_task(self._tell_sound(ticket, seat))
                await self._hear(ticket, seat)
                raise Leave(CloseCode.NORMAL)  # The page has gone: the other tasks end with it.
        finally:
            self._hub.publish(self._control, encode_note(seat.goodbye()))

    # --- up ---------------------------------------------------------------------------------------

    async def _hear(self, ticket: OperatorTicket, seat: OperatorSeat) -> None:
        microphone = topic_of_leg(ticket.conversation, "microphone")
        while (message := await self._receive())["type"] != "websocket.disconnect":
            try:
                if (text := message.get("text")) is not None:
                    said = seat.take_text(text)
                    if isinstance(said, Ping):
                        await self._write({"type": "websocket.send", "text": PONG})
                    elif not isinstance(said, Mute):
                        (self._sound_wanted.set if seat.listens else self._sound_wanted.clear)()
                elif (sound := seat.take_sound(message.get("bytes") or b"", self._clock())) is not None:
                    self._hub.publish(microphone, sound)
            except ProtocolError as error:
                code = CloseCode.PROTOCOL if error.code == "protocol" else CloseCode.TOO_LARGE
                raise Leave(code) from error
        self._gone = True

    async def _keep_seat(self, seat: OperatorSeat) -> None:
        while True:
            for note in seat.notes(self._clock()):
                self._hub.publish(self._control, encode_note(note))
            await asyncio.sleep(TICK_SECONDS)

    async def _look(self, ticket: OperatorTicket) -> None:
        """Whoever leaves the workspace, or loses the right, leaves the call."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(DatabaseError, InterfaceError):
                if not await database_sync_to_async(still_may)(ticket):
                    raise Leave(CloseCode.BAD_TICKET)

    # --- down -------------------------------------------------------------------------------------

    async def _tell_events(self, ticket: OperatorTicket, seat: OperatorSeat) -> None:
        topic = topic_of_leg(ticket.conversation, "events")
        with self._hub.listening(topic, limit=EVENTS, renewed=seat.come_anew) as events:
            while True:
                payload = await events.get()
                if events.dropped or transport_backlog(self._send) > MOST_BYTES_WAITING:
                    raise Leave(CloseCode.SLOW_READER)
                shown = seat.pass_on(payload)
                if shown is not None:
                    await self._write({"type": "websocket.send", "text": shown.decode()})

    async def _tell_sound(self, ticket: OperatorTicket, seat: OperatorSeat) -> None:
        """Listened to in the hub only while it is wanted."""
        while True:
            await self._sound_wanted.wait()
            with self._hub.listening(topic_of_leg(ticket.conversation, "sound"), limit=SOUND) as sound:
                while self._sound_wanted.is_set():
                    payload = await sound.get()
                    if seat.listens and transport_backlog(self._send) < SLOW_BYTES:
                        await self._write({"type": "websocket.send", "bytes": payload})

    async def _write(self, message: dict[str, Any]) -> None:
        if self._gone:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(message)
        except TimeoutError:
            raise Leave(CloseCode.SLOW_READER) from None


def still_may(ticket: OperatorTicket) -> bool:
    """They are still a member, and have the rights that the ticket was made for."""
    rows = Membership.objects.filter(workspace__public_id=ticket.workspace, user__public_id=ticket.user)
    membership = rows.filter(user__is_active=True).first()
    if membership is None or not membership.may(Permission.VIEW):
        return False
    wanted = ((ticket.listen, Permission.LISTEN), (ticket.speak, Permission.TAKE_OVER))
    return all(membership.may(permission) for has, permission in wanted if has)


def _code_of(group: BaseExceptionGroup[Leave]) -> CloseCode:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Leave)
    return error.code
