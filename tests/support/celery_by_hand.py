"""Celery's part in one thread: whoever is woken by `channels_io.messaging.wake` is run when their time has come."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections
from django.utils.module_loading import import_string

from channels_io.messaging.wake import WAKER


class HandCelery:
    """`ran`: names of the tasks that ran, in their order."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.crashes: list[BaseException] = []
        self._due: list[tuple[float, int, str, tuple[Any, ...]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._over = False

    def wake(self, task: str, *arguments: Any, countdown: float = 0.0) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + countdown, next(self._numbers), task, arguments))
            self._changed.notify()

    def run(self) -> None:
        try:
            while (task := self._next()) is not None:
                name, arguments = task
                import_string(name)(*arguments)
                self.ran.append(name.rpartition(".")[2])
        except Exception as error:  # noqa: BLE001 -- raised again in the test's own thread
            self.crashes.append(error)
        finally:
            connections.close_all()

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()

    def _next(self) -> tuple[str, tuple[Any, ...]] | None:
        with self._changed:
            while not self._over:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, _, name, arguments = heapq.heappop(self._due)
                    return name, arguments
                self._changed.wait(wait)
        return None


@contextmanager
def celery_by_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[HandCelery]:
    """Raises what a task raised."""
    celery = HandCelery()
    monkeypatch.setattr(WAKER, "wake", celery.wake)
    thread = threading.Thread(target=celery.run)
    thread.start()
    try:
        yield celery
    finally:
        celery.end()
        thread.join()
    if celery.crashes:
        raise celery.crashes[0]
