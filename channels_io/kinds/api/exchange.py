"""One message and its answer, over a short leg inside this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from channels_io.kinds.api.inbox import Reply
from channels_io.live.inbox import Inbox
from channels_io.live.limits import TEXT_LIMITS
from channels_io.live.messages import ChannelEvent, Ended, Failed, Hangup, Heard, ReplyDone, ReplyText, Text
from channels_io.live.opening import OpenedLeg
from channels_io.live.runner import run_leg
from channels_io.live.worker import Workers
from inference.errors import WorkerError
from inference.events import Media

ANSWER_SECONDS = 60.0
EVENTS_LIMIT = 1000
"""When full, the session waits for the reader."""


class ExchangeChannel:
    """Types one message and gathers what is written back."""

    kind = "api"
    media = Media("text")
    can_hold = True

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.inbound = self.inbox.messages
        self.events: asyncio.Queue[ChannelEvent | None] = asyncio.Queue(EVENTS_LIMIT)
        self.answered = False
        """Nobody reads the events any more."""

    async def send(self, event: ChannelEvent) -> None:
        if not self.answered:
            await self.events.put(event)

    async def send_audio(self, turn: int, pcm: bytes) -> None:
        raise NotImplementedError("A text leg has no audio.")

    async def clear(self, turn: int) -> None: ...

    async def duck(self, turn: int) -> None: ...

    async def hold(self, turn: int) -> None: ...

    async def release(self, turn: int) -> None: ...

    def backlog(self) -> int:
        return 0

    async def close(self, code: int) -> None:
        if not self.answered:
            await self.events.put(None)


async def exchange(
    opened: OpenedLeg, text: str, message_id: str, *, workers: Workers | None = None
) -> AsyncGenerator[ReplyText | Reply]:
    """The words of the answer as they come, then the whole. Raises WorkerError when there is none in time."""
    channel = ExchangeChannel()
    leg = asyncio.create_task(run_leg(channel, opened, workers=workers, limits=TEXT_LIMITS))
    channel.inbox.put(Text(text, message_id))
    turn = -1
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while (event := await channel.events.get()) is not None:
                match event:
                    case Heard(turn=heard_turn, id=heard_id) if heard_id == message_id:
                        turn = heard_turn
                    case ReplyText() if turn >= 0 and event.turn >= turn:
                        yield event
                    case ReplyDone() if turn >= 0 and event.turn >= turn:
                        ended = "agent_ended" if event.end else ""
                        yield Reply(opened.facts.conversation, message_id, event.turn, event.text, ended)
                        return
                    case Failed(code=code, message=message, fatal=fatal) if fatal or code == "empty_text":
                        raise WorkerError(message, code=code)
                    case Ended():
                        break
        raise WorkerError("The conversation ended before the answer was complete. Send the message again.")
    except TimeoutError as error:
        raise WorkerError("There was no answer in time. Send the message again.", code="answer_timeout") from error
    finally:
        channel.answered = True
        while not channel.events.empty():  # Whoever waits for room goes on.
            channel.events.get_nowait()
        channel.inbox.put(Hangup())
        await leg  # The record is written when this returns: the same message then finds its answer.
