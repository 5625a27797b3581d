"""What a reply says waits until the reply is given."""

from __future__ import annotations

from contextlib import aclosing

from inference.events import Down, ReplyAudio, ReplyDone, ReplyText
from inference.gate import Gate
from inference.outbox import Outbox


async def sent(outbox: Outbox) -> list[Down]:
    outbox.close()
    async with aclosing(outbox.messages()) as messages:
        return [message async for message in messages]


async def test_nothing_shows_before_it_opens_and_then_all_in_order_under_the_turns_number() -> None:
    outbox = Outbox()
    gate = Gate(outbox)
    await gate.put(ReplyText(0, "At"))
    gate.put_now(ReplyAudio(0, b"12"))
    gate.open(3)
    await gate.put(ReplyText(3, " nine."))
    gate.put_now(ReplyDone(0, "At nine."))
    assert await sent(outbox) == [
        ReplyText(3, "At"),
        ReplyAudio(3, b"12"),
        ReplyText(3, " nine."),
        ReplyDone(3, "At nine."),
    ]


async def test_a_gate_that_never_opens_leaves_no_trace() -> None:
    outbox = Outbox()
    await Gate(outbox).put(ReplyText(0, "At nine."))
    assert await sent(outbox) == []
