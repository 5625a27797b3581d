"""SIGTERM: what the web process does with its calls before it stops."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from django.test import Client

from channels_io.end_reasons import EndReason
from channels_io.live.live_legs import LiveLegs
from parley.drain import Draining, drain
from parley.lib import draining
from tests.support.virtual_time import run_virtual


@pytest.fixture(autouse=True)
def _not_draining_afterwards() -> Iterator[None]:
    yield
    draining._DRAINING.clear()


class FakeLeg:
    """A call that ends by itself after `seconds`, or when it is told to unless it is `deaf`."""

    def __init__(self, seconds: float, *, deaf: bool = False) -> None:
        self.seconds = seconds
        self.deaf = deaf
        self.told: tuple[EndReason, int, str] | None = None
        self._end = asyncio.Event()

    def stop(self, reason: EndReason, close_code: int, message: str) -> None:
        self.told = (reason, close_code, message)
        if not self.deaf:
            self._end.set()

    async def run(self, legs: LiveLegs) -> None:
        with legs.running(self):
            try:
                async with asyncio.timeout(self.seconds):
                    await self._end.wait()
            except TimeoutError:
                pass


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


async def drained(*calls: FakeLeg, seconds: float = 25.0) -> float:
    """How long it took."""
    legs = LiveLegs()
    clock = asyncio.get_running_loop().time
    running = [asyncio.create_task(call.run(legs)) for call in calls]
    await asyncio.sleep(0)
    began = clock()
    await drain(seconds, legs)
    took = clock() - began
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return took


@virtual
async def test_without_calls_nothing_is_waited_for() -> None:
    assert await drained() == 0.0
    assert draining.is_draining()


@virtual
async def test_calls_may_end_by_themselves() -> None:
    short, long = FakeLeg(3.0), FakeLeg(10.0)
    assert await drained(short, long) == pytest.approx(10.0, abs=0.1)
    assert (short.told, long.told) == (None, None)


@virtual
async def test_calls_that_go_on_are_ended_with_a_reason() -> None:
    short, long = FakeLeg(3.0), FakeLeg(600.0)
    assert await drained(short, long) == pytest.approx(25.0, abs=0.1)
    assert short.told is None
    assert long.told is not None
    assert long.told[:2] == ("shutdown", 4512)


@virtual
async def test_a_call_that_does_not_heed_is_not_waited_for_for_ever() -> None:
    assert await drained(FakeLeg(600.0, deaf=True), seconds=2.0) == pytest.approx(7.0, abs=0.1)


def test_the_servers_own_handler_comes_last_and_a_second_signal_is_at_once(settings: Any) -> None:
    settings.PARLEY_DRAIN_SECONDS = 0
    stopped: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    answered: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        answered.append(scope["path"])

    async def serve() -> None:
        web = Draining(application)
        await web({"path": "/health"}, None, None)  # type: ignore[arg-type]
        await web({"path": "/ready"}, None, None)  # type: ignore[arg-type]
        signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            while not stopped:
                await asyncio.sleep(0)
        signal.raise_signal(signal.SIGTERM)

    try:
        asyncio.run(serve())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert answered == ["/health", "/ready"]
    assert stopped == [signal.SIGTERM, signal.SIGTERM]
    assert draining.is_draining()


def test_a_balancer_is_told_and_the_process_counts_as_alive() -> None:
    draining.begin_draining()
    ready, health = Client().get("/ready"), Client().get("/health")
    assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
    assert (health.status_code, health.json()["status"]) == (200, "draining")
