"""Wakes Celery without ever holding up whoever asks: a webhook answers though the broker is down, slow or frozen.

Names go over a bounded queue to one thread that speaks to the broker. What is dropped there, or lost by
the broker, the sweeper finds: the row in PostgreSQL is the truth.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from dataclasses import dataclass
from typing import Any, Final

from celery import current_app
from kombu.exceptions import KombuError
from redis import RedisError

logger = logging.getLogger(__name__)

WAITING: Final = 1000
STALE_SECONDS: Final = 60.0
"""A wake-up that nobody took for so long has been replaced by the sweeper's."""


@dataclass(frozen=True, slots=True)
class _Wake:
    task: str
    arguments: tuple[Any, ...]
    countdown: float


class Waker:
    """One per process. The thread is started by the first wake, and again in a forked child."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Wake] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._process = 0
        self._starting = threading.Lock()

    def wake(self, task: str, *arguments: Any, countdown: float = 0.0) -> None:
        """Have `task` run after `countdown` seconds. Returns at once, and raises nothing."""
        self._ensure_thread()
        try:
            self._waiting.put_nowait(_Wake(task, arguments, countdown))
        except queue.Full:
            logger.warning("The broker does not keep up: a wake-up of %s is left to the sweeper.", task)

    def _ensure_thread(self) -> None:
        with self._starting:
            if self._thread is not None and self._thread.is_alive() and self._process == os.getpid():
                return
            if self._process != os.getpid():
                self._waiting = queue.Queue(WAITING)
            self._process = os.getpid()
            self._thread = threading.Thread(target=self._run, args=(self._waiting,), name="parley-wake", daemon=True)
            self._thread.start()

    def _run(self, waiting: queue.Queue[_Wake]) -> None:
        while True:
            due = waiting.get()
            try:
                current_app.send_task(
                    due.task,
                    args=due.arguments,
                    countdown=due.countdown or None,
                    expires=due.countdown + STALE_SECONDS,
                    retry=False,
                    ignore_result=True,
                )
            except (KombuError, RedisError, OSError) as error:
                logger.warning("The broker took no wake-up of %s: %s", due.task, type(error).__name__)


WAKER: Final = Waker()
"""Of this process."""

ANSWER: Final = "channels_io.tasks.answer_messages"
DELIVER: Final = "channels_io.tasks.deliver_messages"


def wake(task: str, *keys: int, countdown: float = 0.0) -> None:
    """Have `task` look at something (primary keys) in `countdown` seconds. Returns at once, and raises nothing."""
    WAKER.wake(task, *keys, countdown=countdown)
