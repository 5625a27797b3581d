from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from channels_io.workers.fleet import STALE_SECONDS, SUSPECT_SECONDS, Fleet
from channels_io.workers.routing import Wanted
from inference.errors import WorkerFull, WorkerLost
from parley.lib.workers.card import WorkerCard
from parley.lib.workers.reserved import Reserved
from parley.lib.workers.store import Shelf
from tests.channels_io.workers.cards import card

CALL = Wanted("ws_1", "ag_1", "d1")


class World:
    """Announced cards, workers that answer at configured addresses, and a clock in hand."""

    def __init__(self, *announced: WorkerCard, configured: Sequence[str] = ()) -> None:
        self.announced = list(announced)
        self.configured = list(configured)
        self.answers: dict[str, WorkerCard] = {}
        self.reserved: tuple[Reserved, ...] = ()
        self.now = 100.0
        self.looks = 0
        self.valkey = True
        self.fleet = Fleet(lambda: self.configured, self, lambda: self.now)
        self.fleet._want = lambda: None  # type: ignore[method-assign]  # tells Valkey, which is not here

    def shelf(self) -> Shelf | None:
        self.looks += 1
        return Shelf(tuple(self.announced), self.reserved, now=self.now) if self.valkey else None

    async def ask(self, url: str) -> WorkerCard | None:
        return self.answers.get(url)

    async def order(self, avoid: str = "") -> str:
        """Names in order, after what is looked at in the background is known."""
        urls = await self.fleet.order(CALL, avoid=avoid)
        await asyncio.gather(*self.fleet._looking.values())
        return "".join(url.removeprefix("http://") for url in urls)


def seen(name: str, at: float = 100.0, **more: object) -> WorkerCard:
    return card(name, announced=True, seen_at=at, **more)


async def test_announced_and_configured_workers_are_one_fleet() -> None:
    world = World(seen("a", conversations=5), configured=["http://a", "http://b", "http://c"])
    world.answers["http://b"] = card("b", conversations=2)
    assert await world.order() == "ba"


async def test_one_configured_worker_is_not_asked_first() -> None:
    world = World(configured=["http://a"])
    assert await world.order() == "a"


async def test_what_is_known_is_used_while_it_is_looked_up_again() -> None:
    world = World(seen("a"))
    await world.order()
    world.announced = [seen("b", 102.0)]
    world.now = 102.0
    assert (await world.order(), world.looks) == ("a", 2)
    assert await world.order() == "b"
    assert world.looks == 2


async def test_what_is_too_old_is_not_used() -> None:
    world = World(seen("a"))
    await world.order()
    world.now += STALE_SECONDS
    world.announced = [seen("b", world.now)]
    assert await world.order() == "b"


async def test_a_worker_that_fell_silent_is_gone() -> None:
    world = World(seen("a", 90.0), seen("b", 99.0))
    assert await world.order() == "b"


async def test_a_suspect_is_last_until_it_gives_a_sign_of_life() -> None:
    world = World(seen("a", resident={"ag_1": "d1"}), seen("b"))
    assert await world.order() == "ab"
    world.fleet.suspect("http://a")
    assert await world.order() == "ba"
    world.now = 102.0
    world.announced[0] = seen("a", 102.0, resident={"ag_1": "d1"})
    await world.order()
    assert await world.order() == "ab"


async def test_a_suspect_is_not_one_for_ever() -> None:
    world = World(seen("a", resident={"ag_1": "d1"}), seen("b"))
    await world.order()
    world.fleet.suspect("http://a")
    world.now += SUSPECT_SECONDS
    assert await world.order() == "ab"


async def test_conversations_count_before_the_worker_tells_of_them() -> None:
    world = World(seen("a"), seen("b"))
    first = await world.order()
    world.fleet.begun(f"http://{first[0]}", CALL)
    assert await world.order() == first[::-1]


async def test_without_valkey_the_last_known_cards_count() -> None:
    world = World(seen("a"))
    await world.order()
    world.valkey = False
    world.now += 60.0
    assert await world.order() == "a"


async def test_who_leaves_a_worker_goes_to_another() -> None:
    world = World(seen("a"), seen("b"))
    assert await world.order(avoid="http://a") == "b"
    alone = World(configured=["http://a"])
    with pytest.raises(WorkerLost):
        await alone.order(avoid="http://a")


async def test_kept_places_are_full_and_no_worker_is_lost() -> None:
    world = World(seen("a", conversations=9))
    world.reserved = (Reserved("ws_2", "", 1),)
    with pytest.raises(WorkerFull):
        await world.order()
    with pytest.raises(WorkerLost):
        await World().order()


async def test_a_look_that_hangs_keeps_nobody_waiting_who_knows_a_worker() -> None:
    world = World(seen("a"), configured=["http://b"])
    world.answers["http://b"] = card("b", conversations=1)
    assert await world.order() == "ab"
    hangs = asyncio.Event()

    async def ask(url: str) -> WorkerCard | None:
        await hangs.wait()
        return None

    world.ask = ask  # type: ignore[method-assign]
    world.now += STALE_SECONDS
    urls = await world.fleet.order(CALL)
    assert urls == ["http://a", "http://b"]
    hangs.set()
    await asyncio.gather(*world.fleet._looking.values())


async def test_while_a_conversation_is_open_the_workers_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels_io.workers.fleet.WATCH_SECONDS", 0.0)
    world = World(seen("a"))
    async with world.fleet.watched(), world.fleet.watched():
        async with asyncio.timeout(5):
            while world.looks < 3:
                world.now += 1.0
                await asyncio.sleep(0)
    looks = world.looks
    await asyncio.sleep(0.01)
    world.now += 1.0
    await asyncio.sleep(0.01)
    assert world.looks <= looks + 1
