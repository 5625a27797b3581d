"""Before Django: a webhook's body is read up to its limit and for a few seconds, whoever sends it.

Django's ASGI handler takes a body to its end before any view is asked, so a view that looks at the size is too late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from channels_io.hooks import MAX_BODY
from channels_io.registry import UnknownKind, channel_kind

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

PATH: Final = "/hooks/"
SECONDS: Final = 5.0


def most_of(path: str) -> int:
    """Bytes that a webhook's body may have at `path`: what its kind says."""
    kind = path.removeprefix(PATH).partition("/")[0]
    try:
        return channel_kind(kind).hook_bytes
    except UnknownKind:
        return MAX_BODY


class HookGate:
    """`application`, which gets a webhook's body whole or not at all."""

    def __init__(self, application: Application, seconds: float = SECONDS) -> None:
        self._application = application
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._application(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await _body(scope, receive)
        except TimeoutError:
            body = None
        if body is None:
            await _refuse(send)
        else:
            await self._application(scope, _Replayed(body, receive), send)


class _Replayed:
    """The body that was read, then whatever comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Any:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """None: it is too large, or nobody is there any more to answer."""
    most = most_of(scope["path"])
    for name, value in scope["headers"]:
        if name == b"content-length" and not (value.isdigit() and len(value) < 10 and int(value) <= most):
            return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _refuse(send: Send) -> None:
    """As `hooks.refusal`; the connection is of no more use, for the rest of the body is still on its way."""
    text = b"Forbidden\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": text})
