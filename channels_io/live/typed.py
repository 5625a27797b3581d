"""What a caller types: each message once, whatever legs and sockets it is sent over."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import uuid4

from channels_io.base import Channel
from channels_io.live import messages as out
from channels_io.live.facts import KnownMessage
from channels_io.sanitize import clean_text
from inference.events import MAX_TEXT_CHARS, Text

SEEN_IDS: Final = 1000


class Typed:
    def __init__(
        self,
        channel: Channel,
        known: Mapping[str, KnownMessage],
        send: Callable[[Text], Awaitable[bool]],
        fail: Callable[[str, str], Awaitable[None]],
    ) -> None:
        """`send`: to the worker; False when too many wait. `fail(code, message)` tells the caller."""
        self._channel = channel
        self._known = known
        self._send = send
        self._fail = fail
        self._seen: deque[str] = deque(maxlen=SEEN_IDS)
        self._own: set[str] = set()

    async def take(self, message: out.Text) -> None:
        text = clean_text(message.text, MAX_TEXT_CHARS).strip()
        if not text:
            await self._fail("empty_text", "There was no text in this message.")
            return
        message_id = message.id
        if not message_id:
            message_id = uuid4().hex
            self._own.add(message_id)
        elif message_id in self._seen:
            return
        self._seen.append(message_id)
        if message_id in self._known:
            await self._remind(message_id, self._known[message_id])
            return
        if not await self._send(Text(text, message_id)):
            self._seen.remove(message_id)  # Sent again in a moment, it is taken.
            await self._fail("too_many_messages", "Too many messages wait for an answer. Try again in a moment.")

    def shown_id(self, message_id: str) -> str:
        """The sender's own name for a message that was heard; "" for one that got its name here."""
        shown = "" if message_id in self._own else message_id
        self._own.discard(message_id)
        return shown

    async def _remind(self, message_id: str, known: KnownMessage) -> None:
        """An earlier leg took this message and its sender does not know: say so again, with the answer it had."""
        await self._channel.send(out.Heard(known.turn, known.text, "text", message_id))
        if known.reply is not None:
            turn, text = known.reply
            await self._channel.send(out.ReplyText(turn, text))
            await self._channel.send(out.ReplyDone(turn, text, 0))
