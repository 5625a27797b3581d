from __future__ import annotations

import asyncio

from inference.events import Down, Heard, Interrupted, ReplyAudio, ReplyDone, ReplyText, Timing
from inference.outbox import Outbox


async def drain(outbox: Outbox) -> list[Down]:
    outbox.close()
    return [message async for message in outbox.messages()]


async def test_messages_come_in_order_and_end_after_close() -> None:
    outbox = Outbox()
    await outbox.put(Heard(1, "a"))
    await outbox.put(ReplyText(1, "b"))
    assert await drain(outbox) == [Heard(1, "a"), ReplyText(1, "b")]


async def test_interrupt_drops_the_reply_and_keeps_the_rest_in_order() -> None:
    outbox = Outbox()
    for message in (Heard(1, "a"), ReplyAudio(1, b"\0\0"), Timing(1, ()), ReplyText(1, "b"), ReplyDone(1, "b")):
        await outbox.put(message)
    outbox.interrupt(Interrupted(2))
    assert await drain(outbox) == [Heard(1, "a"), Timing(1, ()), Interrupted(2)]


async def test_a_full_box_makes_the_reply_wait_until_the_socket_reads() -> None:
    outbox = Outbox(limit=2)
    await outbox.put(ReplyText(1, "a"))
    await outbox.put(ReplyText(1, "b"))
    third = asyncio.create_task(outbox.put(ReplyText(1, "c")))
    await asyncio.sleep(0)
    assert not third.done()
    messages = outbox.messages()
    assert await anext(messages) == ReplyText(1, "a")
    await third
    assert [await anext(messages), await anext(messages)] == [ReplyText(1, "b"), ReplyText(1, "c")]
    await messages.aclose()


async def test_an_interruption_frees_whoever_waited_and_put_after_close_is_dropped() -> None:
    outbox = Outbox(limit=1)
    await outbox.put(ReplyText(1, "a"))
    waiting = asyncio.create_task(outbox.put(ReplyText(1, "b")))
    await asyncio.sleep(0)
    waiting.cancel()
    outbox.interrupt(Interrupted(2))
    outbox.close()
    await outbox.put(Heard(3, "late"))
    assert await drain(outbox) == [Interrupted(2)]
