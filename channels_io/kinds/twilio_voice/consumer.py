"""Twilio's media socket: believed by its signature before it is accepted, and by its call's token before anything changes.

An ASGI application of its own, as `live.consumer`: 50 frames a second and call are validated and queued here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Final

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from channels_io.base import CloseCode
from channels_io.end_reasons import EndReason
from channels_io.hooks import HookRefused, hooked_account, hooked_channel
from channels_io.kinds.twilio_voice.addresses import socket_path
from channels_io.kinds.twilio_voice.codec import Connected, Start, StartDetails, decode
from channels_io.kinds.twilio_voice.gate import GATE
from channels_io.kinds.twilio_voice.intake import StreamIntake
from channels_io.kinds.twilio_voice.opening import CallLeg, open_call, settle_stream
from channels_io.kinds.twilio_voice.stream_channel import StreamChannel
from channels_io.kinds.twilio_voice.streams import redeem
from channels_io.live import presence
from channels_io.live.inbox import Inbox
from channels_io.live.messages import Gone
from channels_io.live.opening import NothingToOpen
from channels_io.live.runner import run_leg
from channels_io.live.socket_channel import Send
from channels_io.models import Channel, PhoneCall
from channels_io.twilio_hooks import signed_handshake
from inference.errors import ProtocolError
from parley.lib.clients import peer_address

logger = logging.getLogger(__name__)

KIND: Final = "twilio_voice"
SIGNATURE: Final = b"x-twilio-signature"
START_SECONDS: Final = 5.0
"""From the accepted socket to its start frame."""
SILENT_SECONDS: Final = 5.0
"""Twilio sends sound all the time, of a silent caller too: without any, nobody is there."""
SETTLE_SECONDS: Final = 2.0
"""How long a stream's end waits to be written before its socket is closed all the same."""
REFUSED: Final = 1008
"""Policy: what Twilio's own servers close with."""

Receive = Callable[[], Awaitable[dict[str, Any]]]


class NoStart(Exception):
    """The socket did not begin as a call's stream does."""


class TwilioVoiceConsumer:
    kind: ClassVar[str] = KIND

    @classmethod
    def as_asgi(cls) -> Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]:
        async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).run()

        return application

    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._inbox = Inbox()
        self._clock = asyncio.get_running_loop().time
        self._reason: EndReason | None = None

    async def run(self) -> None:
        await self._receive()
        channel = await self._trusted()
        if channel is None:
            await self._send({"type": "websocket.close", "code": REFUSED})  # Not accepted: 403.
            return
        try:
            start = await self._start()
            call = await self._redeemed(channel, start)
        except NoStart as error:
            logger.info("A media socket was closed: %s.", error)
            await self._send({"type": "websocket.close", "code": REFUSED})
            return
        await self._carry(channel, call, start)

    # --- who is it ------------------------------------------------------------------------------

    async def _trusted(self) -> Channel | None:
        """The channel whose Twilio opens this socket; None for everybody else."""
        headers = [value for name, value in self._scope.get("headers", []) if name.lower() == SIGNATURE]
        if len(headers) != 1 or self._scope.get("query_string"):
            return None
        public_id = str(self._scope["url_route"]["kwargs"]["channel"])
        if "\0" in public_id:
            return None
        try:
            found: Channel | None = await database_sync_to_async(_signed)(public_id, headers[0].decode("latin-1"))
        except (DatabaseError, InterfaceError) as error:
            logger.error("A media socket was not taken: the database is away (%s).", type(error).__name__)
            return None
        return found

    async def _start(self) -> StartDetails:
        """Accept, and wait for the start frame; a socket that keeps silent gives its place to others. Raises NoStart."""
        reading = asyncio.create_task(self._read_start())
        with GATE.waiting(peer_address(self._scope), reading.cancel):
            try:
                async with asyncio.timeout(START_SECONDS):
                    return await reading
            except TimeoutError:
                raise NoStart("it never started") from None
            except ProtocolError as error:
                raise NoStart(f"its beginning is none ({error.code})") from error
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                raise NoStart("it kept silent while others came") from None
            finally:
                reading.cancel()

    async def _read_start(self) -> StartDetails:
        """Raises ProtocolError, NoStart."""
        await self._send({"type": "websocket.accept"})
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise NoStart("it was left again")
            match decode(message.get("text") or ""):
                case Connected():
                    continue
                case Start(start=start):
                    return start
                case _:
                    raise ProtocolError("A stream begins with its start.")

    async def _redeemed(self, channel: Channel, start: StartDetails) -> PhoneCall:
        """Raises NoStart before anything has changed, unless the token opens this very call's stream."""
        account = channel.account
        if account is None or start.account_sid != account.number:
            raise NoStart("it is of another account")
        try:
            call: PhoneCall | None = await database_sync_to_async(redeem)(channel, start.call_sid, start.token)
        except (DatabaseError, InterfaceError) as error:
            raise NoStart(f"the database is away ({type(error).__name__})") from error
        if call is None:
            raise NoStart("its token opens nothing")
        return call

    # --- the call -------------------------------------------------------------------------------

    async def _carry(self, channel: Channel, call: PhoneCall, start: StartDetails) -> None:
        number = call.stream_number

        async def ending(reason: EndReason) -> None:
            self._reason = await self._settled(call, number, reason)

        line = StreamChannel(KIND, start.stream_sid, self._send, self._inbox, self._clock, ending)
        intake = StreamIntake(self._inbox, line.mark_came_back, self._clock())
        reading = asyncio.create_task(self._read(intake, line))
        watching = asyncio.create_task(self._watch(intake))
        try:
            opened = await self._opened(channel, call)
            if opened is None:
                await line.close(CloseCode.NORMAL)
                return
            facts = opened.opened.facts
            with presence.present(facts.conversation, self._inbox):
                await run_leg(line, opened.opened, limits=opened.limits, settled=self._truly)
        finally:
            for task in (watching, reading):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def _truly(self, reason: EndReason) -> EndReason:
        return self._reason or reason

    async def _opened(self, channel: Channel, call: PhoneCall) -> CallLeg | None:
        if call.conversation is not None:
            await presence.take_over(call.conversation.public_id)
        try:
            opened: CallLeg = await database_sync_to_async(open_call)(channel, call)
        except (NothingToOpen, DatabaseError, InterfaceError) as error:
            logger.warning("Call %s could not be opened: %s", call.public_id, type(error).__name__)
            return None
        return opened

    async def _settled(self, call: PhoneCall, number: int, reason: EndReason) -> EndReason:
        """Why the stream truly ended, once that is written; without a database what it looks like from here."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                found: EndReason = await database_sync_to_async(settle_stream)(call, number, reason)
                return found
        except (TimeoutError, DatabaseError, InterfaceError) as error:
            logger.warning("The end of a stream of call %s was not written: %s", call.public_id, type(error).__name__)
            return reason

    async def _read(self, intake: StreamIntake, line: StreamChannel) -> None:
        """Only enqueues: what a frame means is the session's business."""
        while (message := await self._receive())["type"] != "websocket.disconnect":
            intake.feed(message.get("text"), self._clock())
        line.gone = True
        self._inbox.put(Gone())

    async def _watch(self, intake: StreamIntake) -> None:
        """Half open: the socket stands, and nobody is there."""
        while (left := intake.heard_at + SILENT_SECONDS - self._clock()) > 0:  # noqa: ASYNC110 -- 50 frames a second
            await asyncio.sleep(left)
        self._inbox.put(Gone())


def _signed(public_id: str, signature: str) -> Channel | None:
    try:
        channel = hooked_channel(KIND, public_id)
        account = hooked_account(channel)
    except HookRefused:
        return None
    return channel if signed_handshake(account, socket_path(channel), signature) else None
