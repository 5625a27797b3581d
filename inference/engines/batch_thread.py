"""One thread that owns a model which answers several conversations at once as quickly as one: a GPU's.

It takes the place of a `PriorityThread`; what may be run together is decided by `batching.Batches`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from inference.engines.batching import Batches, Waiting
from inference.engines.priority import OPTIONAL, OUTDATED_SECONDS, URGENT
from inference.errors import EngineError, EngineNotReady
from inference.lanes import LANES, Lane, Ticket

Result = TypeVar("Result")
RECENT_SECONDS = 1.0
"""A conversation that asked for something this recently is likely to ask again: a batch may wait for it."""


@runtime_checkable
class Together(Protocol):
    """A call that can be run with others of the same `key`."""

    @property
    def key(self) -> Hashable: ...

    def __call__(self) -> Any: ...


@dataclass(slots=True, eq=False)
class _Call:
    call: Callable[[], Any]
    ticket: Ticket
    future: Future[Any] = field(default_factory=Future)


class BatchThread:
    """`run_together` takes calls of one key and gives a result, or the exception, for each.

    As with `PriorityThread`, an optional call is superseded by the next of its owner, outdated after a while, and
    refused when `optional_limit` of them wait (EngineError, `engine_busy`).
    """

    def __init__(
        self,
        name: str,
        run_together: Callable[[Sequence[Any]], Sequence[Any]],
        *,
        most: int = 8,
        patience: float = 0.004,
        optional_limit: int = 64,
        lane: Lane | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run_together = run_together
        self._optional_limit = optional_limit
        self._lane = lane or LANES["transcriber"]
        self._clock = clock
        self._batches: Batches[_Call] = Batches(most=most, patience=patience)
        self._queued: list[Waiting[_Call]] = []
        self._seen: dict[str, float] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, priority: int, call: Callable[[], Result], owner: str = "") -> Result:
        """Wait for `call`. Cancelling the wait drops a call that has not begun."""
        return await asyncio.wrap_future(self.submit(priority, call, owner))

    def submit(self, priority: int, call: Callable[[], Result], owner: str = "") -> Future[Result]:
        """Queue `call` of a conversation; `cancel()` of the future drops it while it still waits."""
        with self._changed:
            if self._closed:
                raise EngineNotReady("The engine is closed.")
            now = self._clock()
            self._sweep(now, superseded=owner)
            waiting_optional = sum(not each.urgent for each in self._queued)
            if priority == OPTIONAL and waiting_optional >= self._optional_limit:
                raise EngineError("The recogniser has more to do than it can.", code="engine_busy")
            item = _Call(call, self._lane.enter("urgent" if priority == URGENT else "optional"))
            key = call.key if isinstance(call, Together) else item
            waiting = Waiting(item, owner, priority == URGENT, now, key)
            self._batches.add(waiting)
            self._queued.append(waiting)
            self._seen[owner] = now
            self._changed.notify()
        return item.future

    def forget(self, owner: str) -> None:
        """This conversation is over."""
        with self._changed:
            self._batches.forget(owner)
            self._seen.pop(owner, None)

    def close(self) -> None:
        """Refuse what waits, end the batch in progress, join the thread."""
        with self._changed:
            self._closed = True
            for waiting in self._queued:
                waiting.item.ticket.leave()
                waiting.item.future.cancel()
            self._queued.clear()
            self._changed.notify()
        self._thread.join()

    def _sweep(self, now: float, superseded: str = "") -> None:
        """Let go of what nobody waits for: cancelled, superseded by a newer call of its owner, or too old."""
        for waiting in list(self._queued):
            item = waiting.item
            if item.future.cancelled():
                item.ticket.leave()
            elif not waiting.urgent and superseded and waiting.owner == superseded:
                _refuse(item, "A newer pass took this one's place.")
            elif not waiting.urgent and waiting.since < now - OUTDATED_SECONDS:
                _refuse(item, "The recogniser had no time for this pass.")
            else:
                continue
            self._batches.drop(waiting)
            self._queued.remove(waiting)

    def _next(self) -> list[Waiting[_Call]]:
        with self._changed:
            while True:
                now = self._clock()
                self._sweep(now)
                if self._closed:
                    return []
                recent = [owner for owner, seen in self._seen.items() if seen > now - RECENT_SECONDS]
                batch, wait = self._batches.next(now, recent)
                if batch:
                    for waiting in batch:
                        self._queued.remove(waiting)
                    return batch
                self._changed.wait(wait or None)

    def _work(self) -> None:
        while batch := self._next():
            began = self._clock()
            items = [each.item for each in batch if each.item.future.set_running_or_notify_cancel()]
            for each in batch:
                each.item.ticket.begin() if each.item in items else each.item.ticket.leave()
            if not items:
                continue
            for item, result in zip(items, self._results(items), strict=True):
                if isinstance(result, BaseException):
                    item.future.set_exception(result)
                else:
                    item.future.set_result(result)
            if any(each.urgent for each in batch):
                self._lane.worked(self._clock() - began)

    def _results(self, items: Sequence[_Call]) -> Sequence[Any]:
        calls = [item.call for item in items]
        try:
            return self._run_together(calls) if isinstance(calls[0], Together) else [calls[0]()]
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the futures
            return [error] * len(items)


def _refuse(item: _Call, message: str) -> None:
    item.ticket.leave()
    if item.future.set_running_or_notify_cancel():
        item.future.set_exception(EngineError(message, code="engine_busy"))
