"""A telephone call's Media Stream as a session's `Channel`. Twilio's player cannot hold or duck: it is cleared, and told again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from channels_io.end_reasons import EndReason, known_reason
from channels_io.kinds.twilio_voice.codec import RATE, encode_clear, encode_mark, encode_media
from channels_io.kinds.twilio_voice.playback import Playback
from channels_io.live.inbox import Inbox
from channels_io.live.messages import ChannelEvent, Ended, Inbound, ReplyDone
from channels_io.live.socket_channel import Send, transport_backlog
from inference.events import Media

Ending = Callable[[EndReason], Awaitable[None]]


class StreamChannel:
    can_hold = False

    def __init__(
        self, kind: str, stream: str, send: Send, inbox: Inbox, clock: Callable[[], float], ending: Ending
    ) -> None:
        """`stream` is Twilio's id of it. `ending` is awaited once, before the socket is closed."""
        self.kind = kind
        self.media = Media("voice", RATE, RATE)
        self._stream = stream
        self._send = send
        self._inbox = inbox
        self._playback = Playback(RATE, clock)
        self._ending = ending
        self._order = asyncio.Lock()
        """A mark follows the sound that it stands for."""
        self._reason = EndReason.FAILED
        self._closed = False
        self.gone = False
        """Twilio has left: nothing may be written any more."""

    def inbound(self) -> AsyncIterator[Inbound]:
        return self._inbox.messages()

    def mark_came_back(self, name: str) -> None:
        played = self._playback.came_back(name)
        if played is not None:
            self._inbox.put(played)

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        async with self._order:
            mark = self._playback.sent(turn, len(pcm) // 2)
            await self._write(encode_media(self._stream, pcm))
            await self._mark(mark)

    async def send_tone(self, pcm: bytes) -> None:
        await self._write(encode_media(self._stream, pcm))

    async def clear(self, turn: int) -> None:
        played = self._playback.cleared(turn)
        await self._write(encode_clear(self._stream))
        self._inbox.put(played)

    async def duck(self, turn: int) -> None:
        """A telephone has no volume of ours."""

    async def hold(self, turn: int, heard: int) -> None:
        self._playback.held(turn, heard)
        await self._write(encode_clear(self._stream))

    async def release(self, turn: int) -> None:
        """What was dropped is sent again by the session."""

    async def send(self, event: ChannelEvent) -> None:
        """A telephone shows nothing: two events matter to its line."""
        match event:
            case ReplyDone(turn=turn, samples=samples):
                async with self._order:
                    await self._mark(self._playback.complete(turn, samples))
            case Ended(reason=reason):
                self._reason = known_reason(reason, EndReason.FAILED)

    def backlog(self) -> int:
        return transport_backlog(self._send)

    async def close(self, code: int) -> None:
        if self._closed:
            return
        self._closed = True
        await self._ending(self._reason)  # First: what Twilio asks next has to know that nobody was lost.
        if not self.gone:
            self.gone = True
            await self._send({"type": "websocket.close", "code": int(code)})

    async def _mark(self, name: str) -> None:
        if name:
            await self._write(encode_mark(self._stream, name))

    async def _write(self, text: str) -> None:
        if not self.gone:
            await self._send({"type": "websocket.send", "text": text})
