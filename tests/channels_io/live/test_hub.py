"""The hub over a real Valkey: what is published arrives, a broken line is renewed, and nobody is held up."""

from __future__ import annotations

import asyncio

import redis.asyncio
from django.conf import settings

from channels_io.live.hub import ValkeyHub


async def until_heard(hub: ValkeyHub, speaker: ValkeyHub, topic: str, payload: bytes) -> bytes:
    """Publish until it arrives: a subscription takes a moment."""
    with hub.listening(topic) as line:
        async with asyncio.timeout(10):
            while not line._items:
                speaker.publish(topic, payload)
                await asyncio.sleep(0.02)
        return await line.get()


async def test_what_one_process_says_another_hears_in_order_and_as_bytes() -> None:
    here, there = ValkeyHub(settings.REDIS_URL), ValkeyHub(settings.REDIS_URL)
    with there.listening("test:a", limit=2000) as line, there.listening("test:b") as other:
        await until_heard(there, here, "test:ready", b"x")
        for number in range(1000):
            here.publish("test:a", number.to_bytes(4, "big") + b"\x00\xff")
        async with asyncio.timeout(10):
            heard = [await line.get() for _ in range(1000)]
        assert [int.from_bytes(payload[:4], "big") for payload in heard] == list(range(1000))
        assert not other._items
    here.publish("test:a", b"nobody")


async def test_a_line_that_breaks_is_opened_again_and_the_listener_told() -> None:
    hub, speaker = ValkeyHub(settings.REDIS_URL), ValkeyHub(settings.REDIS_URL)
    renewed = asyncio.Event()
    with hub.listening("test:c", renewed=renewed.set) as line:
        await until_heard(hub, speaker, "test:ready", b"x")
        async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as store:
            await store.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        async with asyncio.timeout(10):
            await renewed.wait()
            while not line._items:
                speaker.publish("test:c", b"again")
                await asyncio.sleep(0.02)
        assert await line.get() == b"again"


async def test_without_valkey_nothing_is_raised_and_nothing_waits() -> None:
    hub = ValkeyHub("redis://127.0.0.1:1/0")
    with hub.listening("test:d") as line:
        for _ in range(10_000):
            hub.publish("test:d", b"lost")
        await asyncio.sleep(0.3)
        assert not line._items
    assert len(hub._outgoing) <= 4000
