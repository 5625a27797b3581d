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


@contextmanager
def database_deadline(seconds: float) -> Generator[None]:
    """`seconds` without an answer, and this thread's connection is cut; one that is opened inside has CONNECT_SECONDS."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    usual = wrapper.settings_dict
    # On the wrapper, which is this thread's own: the dict it came with is everybody's.
    wrapper.settings_dict = {**usual, "OPTIONS": {**usual["OPTIONS"], "connect_timeout": CONNECT_SECONDS}}
    watch = _Watch(wrapper, seconds)
    try:
        with wrapper.execute_wrapper(watch.statement):
            yield
    finally:
        watch.over.set()
        wrapper.settings_dict = usual


class _Watch:
    """Cuts the connection when nothing has come back for `seconds`."""

    def __init__(self, wrapper: Any, seconds: float) -> None:
        self.over = threading.Event()
        self._wrapper = wrapper
        self._seconds = seconds
        self._heard = time.monotonic()
        threading.Thread(target=self._run, name="database-deadline", daemon=True).start()

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Around every statement (Django's execute_wrapper)."""
        self._heard = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            self._heard = time.monotonic()

    def _run(self) -> None:
        while not self.over.wait(max(0.0, self._left())):
            if self._left() <= 0:
                _cut(self._wrapper)
                return

    def _left(self) -> float:
        return self._heard + self._seconds - time.monotonic()


def _cut(wrapper: Any) -> None:
    raw = wrapper.connection
    if raw is None or raw.closed:
        return
    # A copy of the descriptor: the original stays psycopg's to close. OSError: it closed it just now.
    with suppress(OSError), socket.socket(fileno=os.dup(raw.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
