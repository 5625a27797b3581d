"""One thread that owns a model, and a queue in front of it that knows what matters most.

Recognition passes of all conversations meet here: the final pass of any of them goes before every
partial one, partial ones take turns between conversations, and a pass nobody waits for any more is
never run.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from inference.errors import EngineError, EngineNotReady
from inference.lanes import LANES, Lane, Ticket

Result = TypeVar("Result")

URGENT = 0
OPTIONAL = 1
OUTDATED_SECONDS = 1.5
"""An optional call that has waited this long would tell what is no longer so."""


@dataclass(slots=True, eq=False)
class _Call:
    priority: int
    owner: str
    since: float
    ticket: Ticket
    call: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)

    def drop(self, message: str) -> None:
        """Never to be run: whoever waits hears so."""
        self.ticket.leave()
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(EngineError(message, code="engine_busy"))


class PriorityThread:
    """Runs calls one after another: urgent ones in order of arrival, then an optional one of whoever was served longest ago.

    The queue is bounded. Urgent calls are always taken, since each conversation waits for at most
    one. An optional call is superseded by the next call of its owner, outdated after
    `OUTDATED_SECONDS`, and refused when `optional_limit` of them wait: EngineError, `engine_busy`.
    """

    def __init__(
        self,
        name: str,
        *,
        optional_limit: int = 32,
        lane: Lane | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._optional_limit = optional_limit
        self._lane = lane or LANES["transcriber"]
        self._clock = clock
        self._order = itertools.count(1)
        self._urgent: list[_Call] = []
        self._optional: list[_Call] = []
        self._served: dict[str, int] = {}
        """When each waiting owner's last optional call ran, as a running number."""
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
            self._sweep(superseded=owner)
            if priority == OPTIONAL and len(self._optional) >= self._optional_limit:
                raise EngineError("The recogniser has more to do than it can.", code="engine_busy")
            ticket = self._lane.enter("urgent" if priority == URGENT else "optional")
            item = _Call(priority, owner, self._clock(), ticket, call)
            (self._urgent if priority == URGENT else self._optional).append(item)
            self._changed.notify()
        return item.future

    def forget(self, owner: str) -> None:
        """This conversation is over."""
        with self._changed:
            self._served.pop(owner, None)

    def close(self) -> None:
        """Refuse what waits, end the call in progress, join the thread."""
        with self._changed:
            self._closed = True
            for item in (*self._urgent, *self._optional):
                item.ticket.leave()
                item.future.cancel()
            self._urgent.clear()
            self._optional.clear()
            self._changed.notify()
        self._thread.join()

    def _sweep(self, superseded: str = "") -> None:
        """Let go of what nobody waits for: cancelled, superseded by a newer call of its owner, or too old."""
        oldest = self._clock() - OUTDATED_SECONDS
        for queue in (self._urgent, self._optional):
            for item in list(queue):
                if item.future.cancelled():
                    item.ticket.leave()
                elif item.priority == OPTIONAL and superseded and item.owner == superseded:
                    item.drop("A newer pass took this one's place.")
                elif item.priority == OPTIONAL and item.since < oldest:
                    item.drop("The recogniser had no time for this pass.")
                else:
                    continue
                queue.remove(item)

    def _next(self) -> _Call | None:
        with self._changed:
            while True:
                self._sweep()
                if self._closed:
                    return None
                if self._urgent:
                    return self._urgent.pop(0)
                if self._optional:
                    # min takes the first of equals: between those served equally long ago, the first come.
                    item = min(self._optional, key=lambda each: self._served.get(each.owner, 0))
                    self._optional.remove(item)
                    self._served[item.owner] = next(self._order)
                    return item
                self._changed.wait()

    def _work(self) -> None:
        while (item := self._next()) is not None:
            if not item.future.set_running_or_notify_cancel():
                item.ticket.leave()
                continue
            item.ticket.begin()
            began = self._clock()
            try:
                result = item.call()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
                item.future.set_exception(error)
            else:
                item.future.set_result(result)
            if item.priority == URGENT:
                self._lane.worked(self._clock() - began)
