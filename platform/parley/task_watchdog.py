"""Notices a Celery worker that has gone deaf: work waits in the broker, nothing runs, and nothing is taken.

After a broker was restarted or lost its memory, a worker may keep a connection on which nothing ever comes again
(celery issues 8030, 8091, 9054). Nobody can make it listen, so it ends, and whoever started it starts it anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import redis
from celery import Celery, signals
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

DEAF_SECONDS: Final = 8.0
LOOK_SECONDS: Final = 1.0
EXIT_CODE: Final = 75
"""EX_TEMPFAIL: start me again."""


class Deafness:
    """Whether a worker has to be called deaf. Pure: it is told what happens and what time it is, in seconds."""

    def __init__(self, now: float, limit: float = DEAF_SECONDS) -> None:
        self._limit = limit
        self._since = now
        self._running = 0

    def took(self, now: float) -> None:
        self._since = now

    def began(self, now: float) -> None:
        self._running += 1
        self._since = now

    def ended(self, now: float) -> None:
        self._running = max(0, self._running - 1)
        self._since = now

    def saw(self, waiting: int | None, now: float) -> bool:
        """`waiting` tasks lie in the broker; None: it does not answer, so nobody could take any. True: deaf."""
        if not waiting or self._running:
            self._since = now
        return now - self._since >= self._limit


class Watchdog:
    def __init__(self, waiting: Callable[[], int | None], die: Callable[[], None]) -> None:
        self._waiting = waiting
        self._die = die
        self._deafness = Deafness(time.monotonic())
        self._lock = threading.Lock()

    def start(self) -> None:
        signals.task_received.connect(self._took, weak=False)
        signals.task_revoked.connect(self._took, weak=False)  # taken too late, and dropped
        signals.task_prerun.connect(self._began, weak=False)
        signals.task_postrun.connect(self._ended, weak=False)
        threading.Thread(target=self._run, name="parley-watchdog", daemon=True).start()

    def _took(self, **_facts: Any) -> None:
        with self._lock:
            self._deafness.took(time.monotonic())

    def _began(self, **_facts: Any) -> None:
        with self._lock:
            self._deafness.began(time.monotonic())

    def _ended(self, **_facts: Any) -> None:
        with self._lock:
            self._deafness.ended(time.monotonic())

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            waiting = self._waiting()
            with self._lock:
                deaf = self._deafness.saw(waiting, time.monotonic())
            if deaf:
                logger.critical("Tasks wait in the broker and none is taken: this worker ends, to be started again.")
                self._die()


def watch(app: Celery) -> None:
    """Keep an eye on the worker of this process."""
    Watchdog(_queue_length(app), lambda: os._exit(EXIT_CODE)).start()


def _queue_length(app: Celery) -> Callable[[], int | None]:
    from django.conf import settings

    prefix = app.conf.broker_transport_options.get("global_keyprefix", "")
    key = f"{prefix}{app.conf.task_default_queue}"
    once = Retry(NoBackoff(), 0)
    client: Any = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=once)

    def waiting() -> int | None:
        try:
            return int(client.llen(key))
        except (redis.RedisError, OSError):
            with contextlib.suppress(redis.RedisError, OSError):
                client.connection_pool.disconnect()
            return None

    return waiting
