"""A `Channel` over an ASGI WebSocket, for every kind that speaks a socket of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from channels_io.live.inbox import Inbox
from channels_io.live.intake import Codec
from channels_io.live.messages import ChannelEvent, Clear, Floor, Inbound
from inference.events import Media

Send = Callable[[dict[str, Any]], Awaitable[None]]


class SocketChannel:
    can_hold = True

    def __init__(self, kind: str, media: Media, codec: Codec, send: Send, inbox: Inbox) -> None:
        self.kind = kind
        self.media = media
        self._codec = codec
        self._send = send
        self._inbox = inbox
        self.gone = False
        """The other side has left: nothing may be written any more."""

    def inbound(self) -> AsyncIterator[Inbound]:
        return self._inbox.messages()

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        if not self.gone:
            await self._send({"type": "websocket.send", "bytes": self._codec.encode_audio(turn, pcm)})

    async def send_tone(self, pcm: bytes) -> None:
        """A page is put through to nobody."""

    async def send(self, event: ChannelEvent) -> None:
        if not self.gone:
            await self._send({"type": "websocket.send", "text": self._codec.encode(event)})

    async def clear(self, turn: int) -> None:
        await self.send(Clear(turn))

    async def duck(self, turn: int) -> None:
        await self.send(Floor("duck", turn))

    async def hold(self, turn: int, heard: int) -> None:
        await self.send(Floor("hold", turn))

    async def release(self, turn: int) -> None:
        await self.send(Floor("release", turn))

    def backlog(self) -> int:
        return transport_backlog(self._send)

    async def close(self, code: int) -> None:
        if not self.gone:
            self.gone = True
            await self._send({"type": "websocket.close", "code": int(code)})


def transport_backlog(send: Send) -> int:
    """Bytes that the server holds for a slow reader, where it tells.

    Daphne writes without waiting, so its transport's buffer is the only place where a slow reader
    shows; other servers make `send` wait instead, which the session limits.
    """
    protocol = send.args[0] if isinstance(send, partial) and send.args else None
    transport = getattr(protocol, "transport", None)
    transport = getattr(transport, "wrappedTransport", transport)
    waiting = getattr(transport, "_tempDataLen", 0) + len(getattr(transport, "dataBuffer", b""))
    return max(0, int(waiting - getattr(transport, "offset", 0)))
