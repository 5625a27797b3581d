"""<Connect><Stream>: Twilio's side of a media socket, 20 ms µ-law both ways in real time."""

from __future__ import annotations

import asyncio
import base64
import binascii
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from channels_io.simulators.twilio.hooks import NotHere, is_loopback
from channels_io.simulators.twilio.media import Frame
from channels_io.simulators.twilio.phone import now
from channels_io.simulators.twilio.playout import Playout
from channels_io.simulators.twilio.records import MarkRecord, StreamRecord
from channels_io.simulators.twilio.signing import AGENT, HEADER, sign
from channels_io.simulators.twilio.twiml import Verb

if TYPE_CHECKING:
    from channels_io.simulators.twilio.conductor import Conductor, Next

HANDSHAKE, PROTOCOL, INVALID, FULL, QUERY = 31920, 31924, 31951, 31931, 31941
OPEN_SECONDS = 10.0
CLOSE_SECONDS = 1.0
MOST_BYTES = 1 << 20


MediaSocket = ClientConnection
"""A media socket, held by whoever plays the carrier."""


async def connect(conductor: Conductor, verb: Verb) -> Next:
    """Until the server closes the socket; then `action`, or the verb below."""
    wanted = verb.child("Stream")
    if wanted is None:
        conductor.problem(PROTOCOL, "<Connect> holds no <Stream>; nothing else is played here.")
        return None
    await MediaStream(conductor, wanted).run()
    return conductor.action(verb, {})


async def open_media_socket(address: str, headers: Mapping[str, str], **options: Any) -> ClientConnection:
    """As Twilio opens it: no compression, no pings. Raises OSError, InvalidHandshake, TimeoutError."""
    return await open_socket(
        address,
        additional_headers=dict(headers),
        user_agent_header=AGENT,
        compression=None,
        proxy=None,
        ping_interval=None,
        max_size=MOST_BYTES,
        open_timeout=OPEN_SECONDS,
        close_timeout=CLOSE_SECONDS,
        **options,
    )


class MediaStream:
    """A tap on its phone: the person's sound and keys go out, what comes in waits in the play-out buffer."""

    def __init__(self, conductor: Conductor, verb: Verb) -> None:
        self._conductor = conductor
        self._phone = conductor.phone
        self._verb = verb
        self._record = StreamRecord(
            sid=f"MZ{uuid.uuid4().hex}",
            url=verb.get("url"),
            parameters={child.get("name"): child.get("value") for child in verb.children if child.name == "Parameter"},
            playout=Playout(conductor.phone.ear),
        )
        self._socket: ClientConnection | None = None
        self._sequence = 0
        self._chunk = 0
        self._started = 0.0
        self._changed = asyncio.Event()
        self._dead = False
        """Half-open: nothing goes out or is read any more, and nobody is told."""

    async def run(self) -> None:
        self._phone.record.streams.append(self._record)
        self._socket = await self._open()
        if self._socket is None:
            self._report("stream-error", StreamError=self._phone.record.problems[-1].message)
            return
        self._record.opened = self._started = now()
        loop = asyncio.get_running_loop()
        sides = [loop.create_task(self._return_marks()), loop.create_task(self._go_dead())]
        try:
            await self._begin()
            self._report("stream-started")
            self._phone.taps.append(self)
            await self._read()
        finally:
            if self in self._phone.taps:
                self._phone.taps.remove(self)
            for side in sides:
                side.cancel()
            await self._end()
            await asyncio.gather(*sides, return_exceptions=True)

    # --- Tap ------------------------------------------------------------------------------------

    async def sound(self, frame: Frame, due: float) -> None:
        if self._dead:
            return
        self._chunk += 1
        self._sequence += 1
        self._record.frames_sent += 1
        # By hand: fifty times a second for each call.
        text = (
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound","chunk":"{self._chunk}",'
            f'"timestamp":"{max(0, round((due - self._started) * 1000))}","payload":"{frame.payload}"}},'
            f'"streamSid":"{self._record.sid}"}}'
        )
        await self._write(text)
        self._record.lateness.append(now() - due)

    async def key(self, digit: str) -> None:
        await self._send("dtmf", {"track": "inbound_track", "digit": digit})

    # --- out ------------------------------------------------------------------------------------

    async def _open(self) -> ClientConnection | None:
        """None after a failed handshake, which is then noted as the newest problem."""
        parts = urlsplit(self._record.url)
        if parts.query:
            self._conductor.problem(QUERY, "A <Stream> URL may not have a query string; it was left away.")
            self._record.url = urlunsplit(parts._replace(query="", fragment=""))
        if parts.scheme != "wss" and not (parts.scheme == "ws" and is_loopback(parts.hostname or "")):
            self._conductor.problem(HANDSHAKE, f"A <Stream> URL must be wss, not {parts.scheme!r}.")
            return None
        headers = {HEADER.lower(): sign(self._conductor.exchange.auth_token, self._record.url)}
        try:
            return await open_media_socket(self._conductor.exchange.hooks.where(self._record.url), headers)
        except InvalidStatus as error:
            self._record.handshake_status = error.response.status_code
            self._conductor.problem(HANDSHAKE, f"The handshake was refused with {error.response.status_code}.")
        except (OSError, InvalidHandshake, InvalidURI, NotHere, TimeoutError, EOFError) as error:
            self._conductor.problem(HANDSHAKE, f"The media socket could not be opened: {error!r}.")
        return None

    async def _begin(self) -> None:
        await self._write('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        record = self._phone.record
        await self._send(
            "start",
            {
                "streamSid": self._record.sid,
                "accountSid": record.account_sid,
                "callSid": record.sid,
                "tracks": ["inbound"],
                "customParameters": self._record.parameters,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            },
        )

    async def _send(self, event: str, data: dict[str, Any]) -> None:
        self._sequence += 1
        message = {
            "event": event,
            "sequenceNumber": str(self._sequence),
            event: data,
            "streamSid": self._record.sid,
        }
        await self._write(msgspec.json.encode(message).decode())

    async def _write(self, text: str) -> None:
        if self._socket is None or self._dead:
            return
        with suppress(ConnectionClosed):
            await self._socket.send(text)

    async def _end(self) -> None:
        """`stop` if the server has not closed already, then the socket and the rest of the buffer are gone."""
        assert self._socket is not None
        self._record.closed = now()
        self._record.close_code = self._socket.close_code
        self._record.playout.clear(now())
        if self._record.close_code is None and not self._dead:
            await self._send("stop", {"accountSid": self._phone.record.account_sid, "callSid": self._phone.record.sid})
        if self._dead:
            self._socket.transport.abort()
        await self._socket.close()
        self._report("stream-stopped")

    def _report(self, event: str, **more: str) -> None:
        url = self._verb.get("statusCallback")
        if not url:
            return
        exchange = self._conductor.exchange
        params = {
            "AccountSid": self._phone.record.account_sid,
            "CallSid": self._phone.record.sid,
            "StreamSid": self._record.sid,
            "StreamName": self._verb.get("name") or self._record.sid,
            "StreamEvent": event,
            "Timestamp": exchange.timestamp(),
            **more,
        }
        exchange.hooks.tell(
            "stream-status", self._record.sid, self._conductor.absolute(url), params,
            method=self._verb.get("statusCallbackMethod", "POST"), keep=self._phone.record.hooks,
        )  # fmt: skip

    # --- in -------------------------------------------------------------------------------------

    async def _read(self) -> None:
        assert self._socket is not None
        with suppress(ConnectionClosed):
            async for message in self._socket:
                await self._take(message)

    async def _take(self, message: str | bytes) -> None:
        try:
            if isinstance(message, bytes):
                raise ValueError("binary")
            told = msgspec.json.decode(message, type=dict[str, Any])
            event = told["event"]
            if told.get("streamSid") != self._record.sid:
                raise ValueError("another streamSid")
            if event == "media":
                self._sound(base64.b64decode(told["media"]["payload"], validate=True))
            elif event == "mark":
                self._record.marks.append(MarkRecord(str(told["mark"]["name"]), now()))
                self._record.playout.mark(self._record.marks[-1].name, now())
                self._changed.set()
            elif event == "clear":
                await self._clear()
            else:
                raise ValueError(f"the event {event!r}")
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            self._conductor.problem(INVALID, f"An invalid message came from the server: {error}.")

    def _sound(self, ulaw: bytes) -> None:
        self._record.media_messages += 1
        known = self._record.playout.overflowed
        if self._record.playout.receive(ulaw, now()) is None and not known:
            self._conductor.problem(FULL, "More than 10 minutes are buffered; audio is thrown away.")

    async def _clear(self) -> None:
        self._record.clears.append(now())
        for name in self._record.playout.clear(now()):
            await self._give_back(name, cleared=True)

    async def _return_marks(self) -> None:
        while True:
            self._changed.clear()
            for name in self._record.playout.due(now()):
                await self._give_back(name, cleared=False)
            due = self._record.playout.next_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0.0, due - now())):
                    await self._changed.wait()

    async def _give_back(self, name: str, *, cleared: bool) -> None:
        mark = next(mark for mark in self._record.marks if mark.name == name and mark.returned is None)
        mark.returned, mark.cleared = now(), cleared
        await self._send("mark", {"name": name})

    async def _go_dead(self) -> None:
        seconds = self._conductor.exchange.chance.half_open_after()
        if seconds is None:
            return
        await asyncio.sleep(seconds)
        assert self._socket is not None
        self._dead = self._record.half_open = True
        self._socket.transport.pause_reading()
        self._conductor.exchange.hooks.faulted.append((now(), "half_open", "stream", self._record.sid))
