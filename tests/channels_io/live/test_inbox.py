from __future__ import annotations

import asyncio

from channels_io.live.inbox import Inbox
from channels_io.live.messages import CallerAudio, Gone, Hangup, Ping, Text


async def test_audio_beyond_the_limit_drops_the_oldest_audio_and_nothing_else() -> None:
    inbox = Inbox(audio_limit=2)
    inbox.put(CallerAudio(b"aa", 1.0))
    inbox.put(Text("typed"))
    inbox.put(CallerAudio(b"bb", 2.0))
    inbox.put(CallerAudio(b"cc", 3.0))
    assert inbox.dropped_frames == 1
    assert [await inbox.get() for _ in range(3)] == [Text("typed"), CallerAudio(b"bb", 2.0), CallerAudio(b"cc", 3.0)]


async def test_a_flood_of_messages_is_refused_but_the_end_is_always_taken() -> None:
    inbox = Inbox(limit=2)
    assert [inbox.put(Ping()) for _ in range(4)] == [True, True, False, False]
    assert inbox.put(CallerAudio(b"aa", 1.0))
    assert inbox.put(Hangup())


async def test_messages_end_with_the_line() -> None:
    inbox = Inbox()
    for item in (Text("a"), Gone(), Text("never read")):
        inbox.put(item)
    assert [item async for item in inbox.messages()] == [Text("a"), Gone()]


async def test_a_cancelled_read_loses_nothing() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    inbox.put(Text("still there"))
    assert await inbox.get() == Text("still there")
