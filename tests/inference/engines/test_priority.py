from __future__ import annotations

import threading

import pytest

from inference.engines.priority import OPTIONAL, OUTDATED_SECONDS, URGENT, PriorityThread
from inference.errors import EngineError, EngineNotReady
from inference.lanes import Lane


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


def test_optional_calls_take_turns_between_conversations(lane: PriorityThread) -> None:
    order: list[str] = []
    talker = [lane.submit(OPTIONAL, lambda: order.append("talker"), "talker")]
    talker[0].result(10)
    go_on = _blocked(lane)
    # Who was served last asks first, and still waits for who was not.
    futures = [lane.submit(OPTIONAL, lambda name=name: order.append(name), name) for name in ("talker", "b", "c")]
    go_on.set()
    for future in futures:
        future.result(10)
    assert order == ["talker", "b", "c", "talker"]


def test_an_owner_that_is_forgotten_begins_anew(lane: PriorityThread) -> None:
    order: list[str] = []
    lane.submit(OPTIONAL, lambda: None, "a").result(10)
    lane.forget("a")
    go_on = _blocked(lane)
    futures = [lane.submit(OPTIONAL, lambda name=name: order.append(name), name) for name in ("a", "b")]
    go_on.set()
    for future in futures:
        future.result(10)
    assert order == ["a", "b"]


@pytest.mark.parametrize("priority", [OPTIONAL, URGENT])
def test_a_newer_call_of_an_owner_takes_the_place_of_its_optional_one(lane: PriorityThread, priority: int) -> None:
    go_on = _blocked(lane)
    old = lane.submit(OPTIONAL, lambda: "old", "a")
    other = lane.submit(OPTIONAL, lambda: "other", "b")
    new = lane.submit(priority, lambda: "new", "a")
    with pytest.raises(EngineError) as dropped:
        old.result(10)
    assert dropped.value.code == "engine_busy"
    go_on.set()
    assert (new.result(10), other.result(10)) == ("new", "other")


def test_an_optional_call_that_waited_too_long_is_dropped_and_an_urgent_one_never() -> None:
    now = [100.0]
    measured = Lane("transcriber", lambda: now[0])
    lane = PriorityThread("test", lane=measured, clock=lambda: now[0])
    try:
        go_on = _blocked(lane)
        late, urgent = lane.submit(OPTIONAL, lambda: "late", "a"), lane.submit(URGENT, lambda: "urgent", "b")
        now[0] += OUTDATED_SECONDS + 0.1
        fresh = lane.submit(OPTIONAL, lambda: "fresh", "c")
        assert (measured.depth("urgent"), measured.depth("optional")) == (1, 1)
        go_on.set()
        with pytest.raises(EngineError, match="no time"):
            late.result(10)
        assert (urgent.result(10), fresh.result(10)) == ("urgent", "fresh")
    finally:
        lane.close()
    assert (measured.depth("urgent"), measured.depth("optional")) == (0, 0)
    use = measured.drain()
    assert use.waits == (0.0, pytest.approx(OUTDATED_SECONDS + 0.1))
    assert use.served == 2
    assert use.busy == pytest.approx(OUTDATED_SECONDS + 0.1)  # the call that held the thread meanwhile


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
