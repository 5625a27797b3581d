"""Real pages and real tickets, with a socket that says what the test tells it to.

HTTP goes to Django; a WebSocket redeems its ticket as the live one does and then follows the script. So the
pages' own logic is tested without a worker and without waiting for one.
"""

from __future__ import annotations

import asyncio
import json
import math
import struct
import threading
import time
import wave
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import uvicorn
from django.core.asgi import get_asgi_application

from channels_io.tickets import Ticket, redeem_ticket

RATE_OUT = 24_000
FRAME = RATE_OUT // 50
WAIT_SECONDS = 15.0

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def tone(seconds: float, hertz: float = 330.0) -> bytes:
    """PCM s16le at 24 kHz."""
    clock = np.arange(round(seconds * RATE_OUT)) / RATE_OUT
    return (np.sin(2 * math.pi * hertz * clock) * 9000).astype("<i2").tobytes()


@dataclass
class ScriptedSocket:
    """One socket as the server sees it. Methods may be called from the test's thread."""

    ticket: Ticket | None
    path: str
    origin: str
    loop: asyncio.AbstractEventLoop
    send_raw: Send
    messages: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list, repr=False)
    close_code: int | None = None

    def tell(self, message: dict[str, Any]) -> None:
        self._run(self.send_raw({"type": "websocket.send", "text": json.dumps(message)}))

    def audio(self, turn: int, pcm: bytes) -> None:
        """All at once, in frames of 20 ms."""
        for start in range(0, len(pcm), FRAME * 2):
            chunk = struct.pack("<I", turn) + pcm[start : start + FRAME * 2]
            self._run(self.send_raw({"type": "websocket.send", "bytes": chunk}))

    def reply(self, turn: int, text: str, pcm: bytes = b"") -> None:
        self.tell({"type": "reply_text", "turn": turn, "text": text})
        self.audio(turn, pcm)
        self.tell({"type": "reply_done", "turn": turn, "text": text, "samples": len(pcm) // 2, "end": ""})

    def close(self, code: int) -> None:
        self._run(self.send_raw({"type": "websocket.close", "code": code}))

    def typed(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "text"]

    def played(self, turn: int) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "played" and message["turn"] == turn]

    def loudest(self) -> float:
        """Peak of the caller's audio so far, 0..1."""
        heard = np.frombuffer(b"".join(self.frames), dtype="<i2")
        return float(np.abs(heard.astype(np.float64)).max() / 32768) if heard.size else 0.0

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self.loop).result(WAIT_SECONDS)


INBOX_LINE = "/ws/inbox/"


class ScriptedServer:
    """`refusals`: close codes for the next sockets. `ready`: greet new sockets with `ready` at once.

    `open_to_all`: sockets need no ticket, as those that are opened by the session's cookie.
    """

    def __init__(self) -> None:
        self.sockets: list[ScriptedSocket] = []
        self.refusals: list[int] = []
        self.ready = True
        self.open_to_all = False
        self.conversation = "cv_scripted"
        self._django = get_asgi_application()
        config = uvicorn.Config(
            self._application, port=0, interface="asgi3", lifespan="off", ws="websockets-sansio", log_level="warning"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        wait_for(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(WAIT_SECONDS)

    @property
    def port(self) -> int:
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, number: int = 0) -> ScriptedSocket:
        """The socket with this number, counted from 0, as soon as it is there."""
        wait_for(lambda: len(self.sockets) > number)
        return self.sockets[number]

    async def _application(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._django(scope, receive, send)  # type: ignore[arg-type]
        elif scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)

    async def _serve_socket(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if scope["path"] == INBOX_LINE and not self.open_to_all:  # Of the queue in every page's top bar.
            await send({"type": "websocket.close", "code": 4401})
            return
        ticket = await redeem_ticket(parse_qs(scope["query_string"].decode()).get("ticket", [""])[0])
        origin = dict(scope["headers"]).get(b"origin", b"").decode()
        socket = ScriptedSocket(ticket, scope["path"], origin, asyncio.get_running_loop(), send)
        self.sockets.append(socket)
        if (ticket is None and not self.open_to_all) or self.refusals:
            await send({"type": "websocket.close", "code": self.refusals.pop(0) if ticket else 4401})
            return
        if self.ready and ticket is not None:
            await send({"type": "websocket.send", "text": json.dumps(self.ready_message(len(self.sockets)))})
        await self._listen(socket, receive, send)

    async def _listen(self, socket: ScriptedSocket, receive: Receive, send: Send) -> None:
        while (event := await receive())["type"] != "websocket.disconnect":
            if event.get("bytes"):
                socket.frames.append(event["bytes"])
                continue
            message = json.loads(event["text"])
            socket.messages.append(message)
            if message["type"] == "ping":
                await send({"type": "websocket.send", "text": '{"type":"pong"}'})
            elif message["type"] == "hangup":
                await send({"type": "websocket.send", "text": '{"type":"ended","reason":"hangup"}'})
                await send({"type": "websocket.close", "code": 1000})
        socket.close_code = event.get("code")

    def ready_message(self, leg: int) -> dict[str, Any]:
        return {
            "type": "ready",
            "conversation": self.conversation,
            "leg": f"lg_{leg}",
            "agent": "Reception",
            "rate_in": 16000,
            "rate_out": RATE_OUT,
            "resumed": leg > 1,
        }


def wait_for(condition: Callable[[], object], what: str = "") -> None:
    """Until `condition` holds; AssertionError after a while."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what or "it never happened"
        time.sleep(0.02)


def write_wav(path: Path, seconds: float = 1.0, hertz: float = 440.0, quiet: float = 4.0) -> Path:
    """48 kHz mono: what Chromium's fake microphone plays in a loop. A tone, then silence."""
    rate = 48_000
    clock = np.arange(round(seconds * rate)) / rate
    sound = np.concatenate([np.sin(2 * math.pi * hertz * clock) * 12000, np.zeros(round(quiet * rate))])
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(sound.astype("<i2").tobytes())
    return path
