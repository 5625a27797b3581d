"""A time limit for every wait of a request on the database, kept from our side.

PostgreSQL's own time limits do nothing when PostgreSQL itself hangs (a frozen machine, a lost network): the thread would
wait with it. So the socket is cut under the waiting thread, which then sees an OperationalError like any other. A server
that is merely slow is left alone as long as it goes on answering.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections

CONNECT_SECONDS: Final = "2"
"""libpq knows no shorter one."""
IDLE_SECONDS: Final = 60.0


@contextmanager
def database_deadline(seconds: float) -> Generator[None]:
    """`seconds` without an answer, and this thread's connection is cut; one that is opened inside has CONNECT_SECONDS."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    usual = wrapper.settings_dict
    # On the wrapper, which is this thread's own: the dict it came with is everybody's.
    wrapper.settings_dict = {**usual, "OPTIONS": {**usual["OPTIONS"], "connect_timeout": CONNECT_SECONDS}}
    watch = _Watch(wrapper, seconds)
    _WATCHMAN.begin(watch)
    try:
        with wrapper.execute_wrapper(watch.statement):
            yield
    finally:
        _WATCHMAN.end(watch)
        wrapper.settings_dict = usual


class _Watch:
    """Of one request: when its database was heard of last."""

    def __init__(self, wrapper: Any, seconds: float) -> None:
        self._wrapper = wrapper
        self._seconds = seconds
        self._heard = time.monotonic()

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Around every statement (Django's execute_wrapper)."""
        self._heard = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            self._heard = time.monotonic()

    def due(self) -> float:
        return self._heard + self._seconds

    def cut(self) -> None:
        raw = self._wrapper.connection
        if raw is None or raw.closed:
            return
        # A copy of the descriptor: the original stays psycopg's to close. OSError: it closed it just now.
        with suppress(OSError), socket.socket(fileno=os.dup(raw.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)


class _Watchman:
    """One thread that looks after all requests of this process: it sleeps until the first of them could be late."""

    def __init__(self) -> None:
        self._watches: set[_Watch] = set()
        self._changed = threading.Condition()
        self._looks_at = 0.0
        self._thread: threading.Thread | None = None

    def begin(self, watch: _Watch) -> None:
        with self._changed:
            self._watches.add(watch)
            if self._thread is None or not self._thread.is_alive():  # Not alive: this is a forked child.
                self._thread = threading.Thread(target=self._run, name="database-deadline", daemon=True)
                self._thread.start()
            elif watch.due() < self._looks_at:
                self._changed.notify()

    def end(self, watch: _Watch) -> None:
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for late in [watch for watch in self._watches if watch.due() <= now]:
                    self._watches.discard(late)
                    # Under the lock: a watch that has ended is never cut, for its connection serves the next request.
                    late.cut()
                self._looks_at = min((watch.due() for watch in self._watches), default=now + IDLE_SECONDS)
                self._changed.wait(max(0.0, self._looks_at - time.monotonic()))


_WATCHMAN: Final = _Watchman()
