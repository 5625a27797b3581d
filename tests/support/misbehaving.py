"""A small HTTP server on loopback that behaves as it is told: what an OpenAI-compatible service may do to us."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Behave = Callable[["Exchange"], Awaitable[None]]


@dataclass
class Exchange:
    """One request, and the way to answer it."""

    path: str
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter

    async def head(self, status: int = 200, media_type: str = "text/event-stream") -> None:
        self.writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )
        await self.writer.drain()

    async def piece(self, data: bytes) -> None:
        self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()

    async def say(self, delta: dict[str, object], finish: str | None = None) -> None:
        await self.event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    async def event(self, body: object) -> None:
        await self.piece(b"data: " + json.dumps(body).encode() + b"\n\n")

    async def done(self) -> None:
        await self.piece(b"data: [DONE]\n\n")
        await self.end()

    async def end(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def whole(self, data: bytes, *, status: int = 200, media_type: str = "application/json") -> None:
        await self.head(status, media_type)
        await self.piece(data)
        await self.end()


@dataclass
class Server:
    url: str = ""
    asked: list[Exchange] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """The client has hung up."""


@asynccontextmanager
async def serving(behave: Behave) -> AsyncGenerator[Server]:
    """A server on a free port; `url` ends with /v1."""
    server = Server()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                values = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                exchange = Exchange(
                    lines[0].split(" ")[1], {name.lower(): value for name, value in values.items()}, body, writer
                )
                server.asked.append(exchange)
                answering = asyncio.ensure_future(behave(exchange))
                hanging_up = asyncio.ensure_future(_until_left(reader))
                await asyncio.wait({answering, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
                if hanging_up.done():
                    answering.cancel()
                    return
                hanging_up.cancel()
                await asyncio.gather(hanging_up, return_exceptions=True)
                if answering.exception() is not None or writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            server.left.set()
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        listening.close()


async def _until_left(reader: asyncio.StreamReader) -> None:
    """Returns at the end of the stream; nobody sends a second request before the answer to the first."""
    while not reader.at_eof():
        await asyncio.sleep(0.005)
