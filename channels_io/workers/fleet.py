"""What this web process knows of the workers, a second or two old. Opening a conversation waits for none of it.

Workers that announce themselves are read from Valkey, the configured ones (PARLEY_WORKERS) are asked. What is known
may be stale: whoever gets no answer at an address says so (`suspect`), and the next one looks elsewhere at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol
from weakref import WeakKeyDictionary

import redis
from django.conf import settings

from channels_io.workers.routing import Wanted, route
from inference.client import worker_status
from inference.errors import ParleyError, WorkerFull, WorkerLost
from parley.lib.workers import store
from parley.lib.workers.card import WorkerCard, card_of
from parley.lib.workers.store import Shelf

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 1.0
"""What is older is looked at again, while conversations are opened by what is known."""
STALE_SECONDS = 6.0
"""For what is older a new look is waited for, a moment: if it does not come, what is known has to do."""
MOMENT_SECONDS = 0.3
WATCH_SECONDS = 2.0
"""Between two looks while conversations are open: when a worker breaks, its callers wait for no look."""
STATUS_SECONDS = 1.0
SUSPECT_SECONDS = 5.0
DEMAND_EVERY = 5.0


class Sources(Protocol):
    """Where the fleet looks. Neither raises."""

    def shelf(self) -> Shelf | None:
        """What is announced; None when that cannot be told now. Blocks: called in a thread."""

    async def ask(self, url: str) -> WorkerCard | None:
        """A configured worker; None when it does not answer."""


@dataclass(slots=True)
class _Watch:
    """Of the conversations on one event loop."""

    open: int = 0
    task: asyncio.Task[None] | None = None


class Fleet:
    """One per web process, usable from any of its event loops."""

    def __init__(
        self,
        configured: Callable[[], list[str]],
        sources: Sources,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configured = configured
        self._sources = sources
        self._clock = clock
        self._shelf = Shelf()
        self._asked: dict[str, WorkerCard] = {}
        self._looked_at = float("-inf")
        self._looking: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()
        self._watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()
        self._begun: dict[str, list[str]] = {}
        self._suspects: dict[str, float] = {}
        self._told_at = float("-inf")
        self.waiting: Callable[[], int] = lambda: 0
        """Callers in line in this process."""

    async def order(self, wanted: Wanted, *, avoid: str = "") -> list[str]:
        """Addresses to try, best first, without `avoid`. Raises WorkerFull, WorkerLost."""
        await self._know()
        self._want()
        cards = [card for card in self.cards() if card.url != avoid]
        if not cards:
            urls = [url for url in self._configured() if url != avoid]
            if not urls:
                raise WorkerLost("There is no worker.")
            return sorted(urls, key=self._is_suspect)  # None answered when they were asked: perhaps one does now.
        suspects = {card.url for card in cards if self._is_suspect(card.url)}
        found = route(cards, wanted, reserved=self._shelf.reserved, begun=self._begun, suspects=suspects)
        if found.refused == "reserved":
            raise WorkerFull("The places that are free are kept for others.")
        if not found.urls:
            raise WorkerLost("No worker takes conversations now.")
        return list(found.urls)

    def cards(self) -> list[WorkerCard]:
        """Of all that are there as far as is known, one per address."""
        fresh = {card.url: card for card in self._shelf.fresh}
        return list({**self._asked, **fresh}.values())

    def begun(self, url: str, wanted: Wanted) -> None:
        """A conversation was opened there: its card does not know yet."""
        if wanted.kind == "voice":
            self._begun.setdefault(url, []).append(wanted.served)

    def suspect(self, url: str) -> None:
        """It did not answer, or broke a conversation off: it is tried last until it gives a sign of life."""
        self._suspects[url] = self._clock()

    def _is_suspect(self, url: str) -> bool:
        since = self._suspects.get(url)
        return since is not None and self._clock() - since < SUSPECT_SECONDS

    # --- looking ----------------------------------------------------------------------------------

    async def _know(self) -> None:
        age = self._clock() - self._looked_at
        if age < REFRESH_SECONDS:
            return
        loop = asyncio.get_running_loop()
        looking = self._looking.get(loop)
        if looking is None or looking.done():
            looking = self._looking[loop] = asyncio.create_task(self.look())
        if age >= STALE_SECONDS:
            await asyncio.wait([looking], timeout=MOMENT_SECONDS if self.cards() else None)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """A conversation is open: the workers are looked at now and then."""
        loop = asyncio.get_running_loop()
        watch = self._watches.setdefault(loop, _Watch())
        watch.open += 1
        if watch.task is None:
            watch.task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watch.open -= 1
            if not watch.open and watch.task is not None:
                watch.task.cancel()
                watch.task = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await self._know()

    async def look(self) -> None:
        """Look again at all of them."""
        shelf = await asyncio.to_thread(self._sources.shelf)
        if shelf is None:
            shelf = replace(self._shelf, now=self._shelf.now)  # Valkey is away: what was known last still counts.
        announced = {card.url for card in shelf.fresh}
        urls = [url for url in self._configured() if url not in announced]
        alone = len(urls) == 1 and not announced and not shelf.reserved
        answers = [] if alone else await asyncio.gather(*map(self._sources.ask, urls))
        self._take(shelf, [card for card in answers if card is not None])
        self._looked_at = self._clock()

    def _take(self, shelf: Shelf, asked: list[WorkerCard]) -> None:
        before = {card.url: card.seen_at for card in self.cards()}
        self._shelf, self._asked = shelf, {card.url: card for card in asked}
        for card in self.cards():
            if card.seen_at > before.get(card.url, float("-inf")):  # It lives, and knows its calls.
                self._begun.pop(card.url, None)
                self._suspects.pop(card.url, None)

    def _want(self) -> None:
        """Somebody wants a conversation: told now and then, for whoever decides how many workers there are."""
        if self._clock() - self._told_at < DEMAND_EVERY:
            return
        self._told_at = self._clock()
        asyncio.get_running_loop().run_in_executor(None, _tell_demand, self.waiting())


class Everywhere:
    """The real sources."""

    def shelf(self) -> Shelf | None:
        try:
            return store.read()
        except redis.RedisError as error:
            logger.warning("Which workers announced themselves cannot be read now: %s", type(error).__name__)
            return None

    async def ask(self, url: str) -> WorkerCard | None:
        try:
            async with asyncio.timeout(STATUS_SECONDS):
                status = await worker_status(url, settings.PARLEY_WORKER_TOKEN)
        except (ParleyError, TimeoutError, OSError):
            return None
        return card_of(url, status, announced=False, seen_at=time.time())


def _tell_demand(waiting: int) -> None:
    with suppress(redis.RedisError):
        store.tell_demand(waiting=waiting, wanted=True)


FLEET = Fleet(lambda: list(settings.PARLEY_WORKERS), Everywhere())
"""Of this process."""
