"""One thread that owns a model, and a queue in front of it that knows what matters most.

Recognition passes of all conversations meet here: the final pass of any of them goes before every
partial one, and a pass nobody waits for any more is never run.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from inference.errors import EngineError, EngineNotReady

Result = TypeVar("Result")

URGENT = 0
OPTIONAL = 1


class PriorityThread:
    """Runs calls one after another: urgent before optional, then in order of arrival.

    The queue is bounded. When it is full, an optional call is refused (EngineError, `engine_busy`);
    urgent calls are always taken, since each conversation waits for at most one.
    """

    def __init__(self, name: str, *, optional_limit: int = 32) -> None:
        self._optional_limit = optional_limit
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, Future[Any], Callable[[], Any]]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, priority: int, call: Callable[[], Result]) -> Result:
        """Wait for `call`. Cancelling the wait drops a call that has not begun."""
        return await asyncio.wrap_future(self.submit(priority, call))

    def submit(self, priority: int, call: Callable[[], Result]) -> Future[Result]:
        """Queue `call`; `cancel()` of the future drops it while it still waits."""
        future: Future[Result] = Future()
        with self._changed:
            if self._closed:
                raise EngineNotReady("The engine is closed.")
            self._drop_cancelled()
            if priority == OPTIONAL and len(self._waiting) >= self._optional_limit:
                raise EngineError("The recogniser has more to do than it can.", code="engine_busy")
            heapq.heappush(self._waiting, (priority, next(self._order), future, call))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Refuse what waits, end the call in progress, join the thread."""
        with self._changed:
            self._closed = True
            for _, _, future, _ in self._waiting:
                future.cancel()
            self._waiting.clear()
            self._changed.notify()
        self._thread.join()

    def _drop_cancelled(self) -> None:
        self._waiting = [item for item in self._waiting if not item[2].cancelled()]
        heapq.heapify(self._waiting)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            _, _, future, call = heapq.heappop(self._waiting)
            return future, call

    def _work(self) -> None:
        while (item := self._next()) is not None:
            future, call = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the future
                future.set_exception(error)
            else:
                future.set_result(result)
