from __future__ import annotations

import threading

import pytest

from inference.engines.priority import OPTIONAL, URGENT, PriorityThread
from inference.errors import EngineError, EngineNotReady


@pytest.fixture
def lane():
    lane = PriorityThread("test", optional_limit=4)
    yield lane
    lane.close()


def _blocked(lane: PriorityThread) -> threading.Event:
    """Occupy the thread until the event is set."""
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait(10)

    lane.submit(URGENT, hold)
    begun.wait(10)
    return go_on


def test_urgent_goes_before_optional_then_first_come(lane: PriorityThread) -> None:
    go_on = _blocked(lane)
    order: list[str] = []
    futures = [
        lane.submit(OPTIONAL, lambda: order.append("partial 1")),
        lane.submit(URGENT, lambda: order.append("final 1")),
        lane.submit(OPTIONAL, lambda: order.append("partial 2")),
        lane.submit(URGENT, lambda: order.append("final 2")),
    ]
    go_on.set()
    for future in futures:
        future.result(10)
    assert order == ["final 1", "final 2", "partial 1", "partial 2"]


def test_a_cancelled_call_never_runs(lane: PriorityThread) -> None:
    go_on = _blocked(lane)
    ran: list[str] = []
    assert lane.submit(OPTIONAL, lambda: ran.append("superseded")).cancel()
    last = lane.submit(OPTIONAL, lambda: ran.append("newest"))
    go_on.set()
    last.result(10)
    assert ran == ["newest"]


def test_optional_calls_are_refused_when_full_and_urgent_ones_never(lane: PriorityThread) -> None:
    go_on = _blocked(lane)
    for _ in range(4):
        lane.submit(OPTIONAL, lambda: None)
    with pytest.raises(EngineError) as refused:
        lane.submit(OPTIONAL, lambda: None)
    assert refused.value.code == "engine_busy"
    final = lane.submit(URGENT, lambda: "words")
    go_on.set()
    assert final.result(10) == "words"


async def test_the_error_of_a_call_reaches_who_waits_and_the_thread_goes_on(lane: PriorityThread) -> None:
    def fail() -> None:
        raise ValueError("broken audio")

    with pytest.raises(ValueError, match="broken audio"):
        await lane.run(URGENT, fail)
    assert await lane.run(URGENT, lambda: 7) == 7


def test_closed_lane_refuses() -> None:
    lane = PriorityThread("test")
    lane.close()
    with pytest.raises(EngineNotReady):
        lane.submit(URGENT, lambda: None)
