"""Calls of several conversations run together on one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass

import pytest

from inference.engines.batch_thread import BatchThread
from inference.engines.priority import OPTIONAL, URGENT
from inference.errors import EngineError, EngineNotReady


@dataclass(frozen=True)
class _Ask:
    name: str
    key: str = "en"

    def __call__(self) -> str:
        return self.name


class _Model:
    """Stands still in its first batch until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.let_go = threading.Event(), threading.Event()

    def run(self, calls: list[_Ask]) -> list[str | EngineError]:
        self.batches.append([call.name for call in calls])
        if len(self.batches) == 1:
            self.begun.set()
            assert self.let_go.wait(10)
        return [EngineError("It broke.") if call.name == "broken" else call.name for call in calls]


@pytest.fixture
def model() -> _Model:
    return _Model()


@pytest.fixture
def thread(model: _Model) -> Iterator[BatchThread]:
    made = BatchThread("test", model.run, most=3, patience=0.0, optional_limit=2)
    first = made.submit(URGENT, _Ask("first"), "x")
    assert model.begun.wait(10)
    yield made
    model.let_go.set()
    made.close()
    assert first.result(10) == "first"


def test_what_waits_meanwhile_is_run_together_finals_first(thread: BatchThread, model: _Model) -> None:
    asked = [
        thread.submit(OPTIONAL, _Ask("partial"), "a"),
        thread.submit(URGENT, _Ask("final b"), "b"),
        thread.submit(URGENT, _Ask("broken"), "c"),
        thread.submit(URGENT, _Ask("final d", key="de"), "d"),
    ]
    model.let_go.set()
    assert [asked[0].result(10), asked[1].result(10), asked[3].result(10)] == ["partial", "final b", "final d"]
    with pytest.raises(EngineError, match="It broke"):
        asked[2].result(10)
    assert model.batches[1:] == [["final b", "broken", "partial"], ["final d"]]


def test_what_nobody_waits_for_is_not_run(thread: BatchThread, model: _Model) -> None:
    given_up = thread.submit(URGENT, _Ask("given up"), "a")
    older = thread.submit(OPTIONAL, _Ask("older"), "b")
    newer = thread.submit(OPTIONAL, _Ask("newer"), "b")
    assert given_up.cancel()
    with pytest.raises(EngineError, match="newer pass") as refused:
        older.result(10)
    assert refused.value.code == "engine_busy"
    model.let_go.set()
    assert newer.result(10) == "newer"
    assert model.batches[1:] == [["newer"]]


def test_too_many_partials_are_refused_and_finals_never(thread: BatchThread) -> None:
    for owner in "ab":
        thread.submit(OPTIONAL, _Ask(owner), owner)
    with pytest.raises(EngineError, match="more to do"):
        thread.submit(OPTIONAL, _Ask("c"), "c")
    thread.submit(URGENT, _Ask("d"), "d")


async def test_other_work_runs_alone_and_closing_refuses_what_waits(model: _Model) -> None:
    model.let_go.set()
    thread = BatchThread("test", model.run)
    assert await thread.run(URGENT, lambda: "loaded") == "loaded"
    assert model.batches == []
    thread.close()
    with pytest.raises(EngineNotReady):
        thread.submit(URGENT, _Ask("late"), "a")


def test_closing_cancels_what_has_not_begun(model: _Model) -> None:
    thread = BatchThread("test", model.run, patience=0.0)
    thread.submit(URGENT, _Ask("first"), "a")
    assert model.begun.wait(10)
    waiting = thread.submit(URGENT, _Ask("second"), "b")
    closing = threading.Thread(target=thread.close)
    closing.start()
    with pytest.raises(CancelledError):
        waiting.result(10)
    model.let_go.set()
    closing.join(10)
    assert not closing.is_alive()
