"""Is a child ready? Questions the supervisor asks five times a second while one starts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]


def http_ok(host: str, port: int, path: str) -> Probe:
    """True once GET answers 200. Two lines of HTTP/1.1 by hand: a client library would cost more to load than to ask."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()

    async def ask() -> bool:
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    writer.write(request)
                    status = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False
        return status.split()[1:2] == [b"200"]

    return ask


def log_says(path: Path, words: str, *, since: int = 0) -> Probe:
    """True once the log holds the words after byte `since`: for children that listen on nothing."""

    async def look() -> bool:
        try:
            with path.open("rb") as file:
                file.seek(since)
                return words.encode() in file.read()
        except FileNotFoundError:
            return False

    return look
