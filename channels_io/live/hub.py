"""Notes and live sound between processes: publish, and listen to a topic. Nothing here is a truth, and nothing raises.

What nobody takes in time is dropped, the oldest first: a slow listener costs itself, never whoever speaks. A listener that
may have missed something (the line to Valkey broke) is told, and asks anew.

Topics: `workspace:<ws>` (`channels_io.announce`), and those of a running leg in `topics.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final, Protocol

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WAITING: Final = 256
"""Payloads that wait for one listener: 5 s of one side's sound."""
OUTGOING: Final = 4_000
AT_ONCE: Final = 200
"""Payloads in one write to Valkey."""
PING_SECONDS: Final = 10.0
DEAD_SECONDS: Final = 25.0
"""A line that answers no ping for so long is given up."""
FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 2.0


class Subscription:
    """What was published to one topic since it was listened to, at most `limit` of it."""

    def __init__(self, limit: int = WAITING, renewed: Callable[[], None] = lambda: None) -> None:
        """`renewed` is called when something may have been missed."""
        self._items: deque[bytes] = deque(maxlen=limit)
        self._arrived = asyncio.Event()
        self.renewed = renewed
        self.dropped = 0

    def put(self, payload: bytes) -> None:
        self.dropped += len(self._items) == self._items.maxlen
        self._items.append(payload)
        self._arrived.set()

    async def get(self) -> bytes:
        """Waits. Cancelling it loses nothing."""
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()

    def clear(self) -> None:
        self._items.clear()


class Hub(Protocol):
    def publish(self, topic: str, payload: bytes) -> None:
        """Returns at once."""

    def listening(
        self, topic: str, *, limit: int = WAITING, renewed: Callable[[], None] = lambda: None
    ) -> AbstractContextManager[Subscription]:
        """While inside, what is published to `topic` is put into the subscription."""


class LocalHub:
    """Within one event loop: for conversations that nobody outside can join, and for tests."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Subscription]] = {}

    def publish(self, topic: str, payload: bytes) -> None:
        for listener in self._listeners.get(topic, ()):
            listener.put(payload)

    @contextmanager
    def listening(
        self, topic: str, *, limit: int = WAITING, renewed: Callable[[], None] = lambda: None
    ) -> Iterator[Subscription]:
        """While inside, what is published to `topic` is put into the subscription."""
        mine = Subscription(limit, renewed)
        self._listeners.setdefault(topic, []).append(mine)
        self._topics_changed()
        try:
            yield mine
        finally:
            listeners = self._listeners[topic]
            listeners.remove(mine)
            if not listeners:
                del self._listeners[topic]
            self._topics_changed()

    def _topics_changed(self) -> None:
        """Whoever brings payloads from elsewhere looks which are wanted."""


class ValkeyHub(LocalHub):
    """One per event loop: one connection that publishes, one that listens for all its listeners together."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._outgoing: deque[tuple[str, bytes]] = deque(maxlen=OUTGOING)
        self._something = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def publish(self, topic: str, payload: bytes) -> None:
        self._outgoing.append((topic, payload))
        self._something.set()
        self._run("publish", self._publish_all)

    def _topics_changed(self) -> None:
        self._changed.set()
        if self._listeners:
            self._run("listen", self._listen)

    def _run(self, name: str, work: Callable[[], Any]) -> None:
        task = self._tasks.get(name)
        if task is None or task.done():
            self._tasks[name] = asyncio.get_running_loop().create_task(work(), name=f"hub: {name}")

    # --- out --------------------------------------------------------------------------------------

    async def _publish_all(self) -> None:
        async with redis.asyncio.Redis.from_url(self._url, socket_timeout=2.0, socket_connect_timeout=2.0) as store:
            while True:
                await self._something.wait()
                self._something.clear()
                while self._outgoing:
                    await self._publish_some(store)

    async def _publish_some(self, store: redis.asyncio.Redis) -> None:
        pipeline = store.pipeline(transaction=False)
        for _ in range(min(AT_ONCE, len(self._outgoing))):
            pipeline.publish(*self._outgoing.popleft())
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            logger.warning("Live notes could not be published: %s", type(error).__name__)
            self._outgoing.clear()  # Old sound and old notes help nobody.
            await asyncio.sleep(FIRST_DELAY)

    # --- in ---------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Until nobody listens."""
        delay, again = FIRST_DELAY, False
        while self._listeners:
            line = _connection(self._url)
            try:
                await line.connect()
                if again:
                    self._tell_renewed()
                again, delay = True, FIRST_DELAY
                await self._serve(line)
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("The line for live notes broke and is opened again: %s", type(error).__name__)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY)
            finally:
                with suppress(RedisError, OSError):
                    await line.disconnect()

    async def _serve(self, line: Any) -> None:
        """Ends normally when nobody listens any more."""
        reading = asyncio.create_task(self._read(line))
        known: set[str] = set()
        try:
            while self._listeners and not reading.done():
                self._changed.clear()
                await self._align(line, known)
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({reading, changed}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if not self._changed.is_set() and not reading.done():
                    await line.send_command("PING")
        finally:
            reading.cancel()
            await asyncio.wait([reading])
        if not reading.cancelled() and (error := reading.exception()) is not None:
            raise error

    async def _align(self, line: Any, known: set[str]) -> None:
        wanted = set(self._listeners)
        if new := wanted - known:
            await line.send_command("SUBSCRIBE", *sorted(new))
        if old := known - wanted:
            await line.send_command("UNSUBSCRIBE", *sorted(old))
        known.clear()
        known.update(wanted)

    async def _read(self, line: Any) -> None:
        while True:
            async with asyncio.timeout(DEAD_SECONDS):
                answer = await line.read_response(disable_decoding=True)
            if isinstance(answer, list) and len(answer) == 3 and answer[0] == b"message":
                super().publish(answer[1].decode(), answer[2])

    def _tell_renewed(self) -> None:
        for listeners in list(self._listeners.values()):
            for listener in list(listeners):
                listener.renewed()


def _connection(url: str) -> Any:
    """One that speaks the older protocol: a subscriber's answers then come in order, as lists."""
    pool: Any = redis.asyncio.ConnectionPool.from_url(
        url,
        protocol=2,
        socket_connect_timeout=2.0,
        socket_timeout=None,  # The library's own would end a line on which nobody has anything to say for 5 s.
    )
    return pool.make_connection()


def hub_of_this_loop() -> ValkeyHub:
    """Kept by the loop itself, and gone with it: commands and tasks make short ones."""
    loop: Any = asyncio.get_running_loop()
    found: ValkeyHub | None = getattr(loop, "_parley_hub", None)
    if found is None:
        found = loop._parley_hub = ValkeyHub(settings.REDIS_URL)
    return found
