"""The real ASGI application on a real port, in the test's own loop, with scripted workers behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


@asynccontextmanager
async def serving(application: Any) -> AsyncIterator[str]:
    """ "127.0.0.1:<port>", until left."""
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_level="error",
        ws="websockets-sansio",
        ws_max_size=1 << 21,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running
        from parley.asgi import hook_desk

        await asyncio.to_thread(hook_desk.close)


class Page:
    """A browser page on a socket of ours."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.audio: list[bytes] = []

    async def send(self, message: dict[str, Any] | bytes | str) -> None:
        await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def until(self, kind: str, seconds: float = 10.0) -> dict[str, Any]:
        """The next event of that type; audio on the way is kept."""
        async with asyncio.timeout(seconds):
            while True:
                message = await self.socket.recv()
                if isinstance(message, bytes):
                    self.audio.append(message)
                    continue
                event = json.loads(message)
                self.events.append(event)
                if event["type"] == kind:
                    return dict(event)

    async def until_audio(self, seconds: float = 10.0) -> bytes:
        async with asyncio.timeout(seconds):
            while True:
                message = await self.socket.recv()
                if isinstance(message, bytes):
                    self.audio.append(message)
                    return message
                self.events.append(json.loads(message))

    async def close_code(self, seconds: float = 10.0) -> int | None:
        """Read to the end; the code the server closed with."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    message = await self.socket.recv()
                    if isinstance(message, str):
                        self.events.append(json.loads(message))
            except ConnectionClosed:
                return self.socket.close_code

    def codes(self) -> list[str]:
        return [event["code"] for event in self.events if event["type"] == "failed"]


@asynccontextmanager
async def page(
    place: str, ticket: str, *, kind: str = "browser_voice", origin: str | None = "same"
) -> AsyncIterator[Page]:
    url = f"ws://{place}/ws/{kind}/?ticket={ticket}"
    sent_origin: Any = f"http://{place}" if origin == "same" else origin
    async with connect(url, origin=sent_origin, compression=None, proxy=None, close_timeout=2) as socket:
        yield Page(socket)
