"""One message and its answer, over a short leg inside this process: for kinds whose messages come one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from channels_io.live.inbox import Inbox
from channels_io.live.limits import TEXT_LIMITS
from channels_io.live.messages import (
    ChannelEvent,
    Clear,
    Ended,
    Failed,
    Hangup,
    Heard,
    OwnerState,
    ReplyDone,
    ReplyText,
    Text,
)
from channels_io.live.opening import OpenedLeg
from channels_io.live.runner import run_leg
from channels_io.live.worker import Workers
from inference.errors import WorkerError
from inference.events import Media

ANSWER_SECONDS = 60.0
GO_ON_SECONDS = 25.0
"""For an agent that was given the conversation back: its flow may have nothing to say."""
EVENTS_LIMIT = 1000
"""When full, the session waits for the reader."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender of a message gets for it."""

    conversation: str
    id: str
    turn: int
    text: str
    ended: str = ""
    before: str = ""
    """What the agent said by itself before it heard the message: its greeting, or an answer that was still owed."""
    owner: Literal["ai", "human"] = "ai"
    """"human": a person has the conversation, and answers later; there is no text."""


class ExchangeChannel:
    """Types one message and gathers what is written back."""

    media = Media("text")
    can_hold = True

    def __init__(self, kind: str) -> None:
        self.kind = kind
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

    async def send_tone(self, pcm: bytes) -> None: ...

    async def clear(self, turn: int) -> None:
        await self.send(Clear(turn))

    async def duck(self, turn: int) -> None: ...

    async def hold(self, turn: int, heard: int) -> None: ...

    async def release(self, turn: int) -> None: ...

    def backlog(self) -> int:
        return 0

    async def close(self, code: int) -> None:
        if not self.answered:
            await self.events.put(None)


async def exchange(
    opened: OpenedLeg, text: str, message_id: str, *, workers: Workers | None = None
) -> AsyncGenerator[ReplyText | Reply]:
    """The words of the answer as they come, then the whole. Raises WorkerError when there is none in time.

    When a person takes the conversation over meanwhile, the whole is empty: the message is in the record, and they answer.
    """
    channel = ExchangeChannel(opened.leg.kind)
    leg = asyncio.create_task(run_leg(channel, opened, workers=workers, limits=TEXT_LIMITS))
    channel.inbox.put(Text(text, message_id))
    by_hand = opened.facts.owner.owner == "human"
    turn = -1
    before: dict[int, str] = {}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while (event := await channel.events.get()) is not None:
                match event:
                    case Heard(turn=heard_turn, id=heard_id) if heard_id == message_id:
                        turn = heard_turn
                        if by_hand:
                            yield Reply(opened.facts.conversation, message_id, turn, "", owner="human")
                            return
                    case OwnerState(owner=owner):
                        by_hand = owner == "human"
                        if by_hand and turn >= 0:
                            yield Reply(opened.facts.conversation, message_id, turn, "", owner="human")
                            return
                    case ReplyText() if turn >= 0 and event.turn >= turn:
                        yield event
                    case ReplyDone() if turn >= 0 and event.turn >= turn:
                        ended = "agent_ended" if event.end else ""
                        said = "\n".join(words for of, words in sorted(before.items()) if of < turn and words)
                        yield Reply(opened.facts.conversation, message_id, event.turn, event.text, ended, said)
                        return
                    case ReplyDone(turn=of, text=words):
                        before[of] = words
                    case Clear(turn=cut):
                        before.pop(cut, None)
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


async def continuation(opened: OpenedLeg, *, workers: Workers | None = None) -> Reply:
    """What the agent says by itself on a leg that goes on; no text: it has nothing to say. Raises WorkerError."""
    channel = ExchangeChannel(opened.leg.kind)
    leg = asyncio.create_task(run_leg(channel, opened, workers=workers, limits=TEXT_LIMITS))
    try:
        async with asyncio.timeout(GO_ON_SECONDS):
            while (event := await channel.events.get()) is not None:
                match event:
                    case ReplyDone(turn=turn, text=text, end=end):
                        return Reply(opened.facts.conversation, "", turn, text, "agent_ended" if end else "")
                    case Failed(code=code, message=message, fatal=True):
                        raise WorkerError(message, code=code)
                    case OwnerState(owner="human") | Ended():
                        break
        return Reply(opened.facts.conversation, "", 0, "")
    except TimeoutError:
        return Reply(opened.facts.conversation, "", 0, "")
    finally:
        channel.answered = True
        while not channel.events.empty():  # Whoever waits for room goes on.
            channel.events.get_nowait()
        channel.inbox.put(Hangup())
        await leg


async def whole_exchange(opened: OpenedLeg, text: str, message_id: str, *, workers: Workers | None = None) -> Reply:
    """`exchange`, for whoever has no use for the words as they come. Raises WorkerError."""
    async with aclosing(exchange(opened, text, message_id, workers=workers)) as parts:
        async for part in parts:
            if isinstance(part, Reply):
                return part
    raise WorkerError("There was no answer. Send the message again.", code="no_answer")
