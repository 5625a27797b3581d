"""The other side of the simulator: a server of webhooks and media sockets that does what a test says."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from channels_io.simulators.twilio.media import tone
from inference.audio import Samples, ulaw_decode

QUICK: dict[str, Any] = {"letter_seconds": 0.002, "detect_seconds": 0.05, "status_seconds": 0.005}
"""`Pace` of a network that does not keep a test waiting."""
VOICE = tone(300.0, 0.2, -15.0)
"""µ-law of 200 ms that can be heard."""


def speech(seconds: float = 0.2) -> Samples:
    """int16 at 8 kHz that can be heard."""
    return np.ascontiguousarray(ulaw_decode(tone(400.0, seconds, -12.0)))


@dataclass
class Told:
    """A webhook as it arrived."""

    path: str
    method: str
    params: dict[str, str]
    headers: dict[str, str]
    query: str


@dataclass
class Line:
    """A media socket as the server sees it."""

    socket: WebSocket
    headers: dict[str, str]
    path: str
    got: list[dict[str, Any]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def sid(self) -> str:
        return str(next(message for message in self.got if message["event"] == "start")["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.got if message["event"] == event]

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while len(self.of(event)) < count:
                await asyncio.sleep(0.005)
        return self.of(event)[count - 1]

    async def play(self, ulaw: bytes = VOICE) -> None:
        await self.send({"event": "media", "media": {"payload": base64.b64encode(ulaw).decode()}})

    async def mark(self, name: str) -> None:
        await self.send({"event": "mark", "mark": {"name": name}})

    async def clear(self) -> None:
        await self.send({"event": "clear"})

    async def send(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps({"streamSid": self.sid, **message}))


Answer = str | Callable[[Told], str | Response | Awaitable[str | Response]]


class Desk:
    """`answers`: TwiML (or what makes it) by path. `talk`: what it does on each media socket; it closes afterwards."""

    def __init__(self) -> None:
        self.url = ""
        self.told: list[Told] = []
        self.answers: dict[str, Answer] = {}
        self.lines: list[Line] = []
        self.talk: Callable[[Line], Awaitable[None]] = _listen
        self.refuse = False

    @property
    def socket_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/media"

    def heard(self, path: str) -> list[Told]:
        return [told for told in self.told if told.path == path]

    async def page(self, request: Request) -> Response:
        async with request.form() as form:
            params = {name: str(value) for name, value in form.multi_items()}
        told = Told(request.url.path, request.method, params, dict(request.headers), request.url.query)
        self.told.append(told)
        answer = self.answers.get(told.path, "<Response/>")
        if callable(answer):
            made = answer(told)
            answer = await made if not isinstance(made, str | Response) else made
        if isinstance(answer, Response):
            return answer
        return Response(answer, media_type="text/xml")

    async def media(self, socket: WebSocket) -> None:
        if self.refuse:
            await socket.close()
            return
        await socket.accept()
        line = Line(socket, dict(socket.headers), socket.url.path)
        self.lines.append(line)
        talking = asyncio.create_task(self._talk(line))
        try:
            while True:
                line.got.append(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError, KeyError):
            line.closed.set()
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)

    async def _talk(self, line: Line) -> None:
        await line.until("start")
        await self.talk(line)
        await line.socket.close()


async def _listen(line: Line) -> None:
    await line.closed.wait()


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    desk = Desk()
    application = Starlette(
        routes=[
            WebSocketRoute("/media", desk.media),
            Route("/{path:path}", desk.page, methods=["GET", "POST"]),
        ]
    )
    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, lifespan="off", log_level="critical", ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    desk.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield desk
    finally:
        server.should_exit = True
        await running


def twiml(*verbs: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>'
