"""How a worker stops without cutting a call.

From `begin` on it takes nobody. Conversations go on until they end; after `seconds` those that are left are asked to
leave: between two of their turns the web opens them at another worker. SIGTERM begins it and stops the process after
it; an operator may also begin it, and end it again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

log = logging.getLogger(__name__)

MOVE_SECONDS = 20.0
"""For conversations to come to the end of a turn and leave, before a process that is to stop stops."""
POLL_SECONDS = 0.1


class Drain:
    """`calls` counts the conversations that are open; `changed` is called when draining begins and ends."""

    def __init__(self, seconds: float, calls: Callable[[], int], changed: Callable[[], None] = lambda: None) -> None:
        self._seconds = seconds
        self._calls = calls
        self.changed = changed
        self._waiting: asyncio.Task[None] | None = None
        self.draining = False
        self.leaving = False
        """Whoever is still there shall go on at another worker."""

    def begin(self) -> None:
        """Said twice it changes nothing."""
        if self.draining:
            return
        self.draining = True
        log.info("Draining: %d conversations have %g s to end.", self._calls(), self._seconds)
        self._waiting = asyncio.create_task(self._ask_to_leave())
        self.changed()

    def end(self) -> None:
        """Take conversations again."""
        self.draining = self.leaving = False
        if self._waiting is not None:
            self._waiting.cancel()
        self.changed()

    async def _ask_to_leave(self) -> None:
        await asyncio.sleep(self._seconds)
        self.leaving = True
        if self._calls():
            log.info("Draining: %d conversations are asked to go on elsewhere.", self._calls())

    async def empty(self) -> None:
        """Until nobody is left, or the time for leaving is over too."""
        try:
            async with asyncio.timeout(self._seconds + MOVE_SECONDS):
                while self._calls():  # noqa: ASYNC110 -- seldom, and nobody who opens a conversation has to think of it
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            log.warning("Draining: %d conversations are cut; the web opens them elsewhere.", self._calls())


class Terminator:
    """SIGTERM: drain, then whatever the server does at SIGTERM. A second one is the server's at once; so is SIGINT."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain
        self._task: asyncio.Task[None] | None = None
        self._previous: Callable[[int, FrameType | None], Any] | int | None = None

    def install(self) -> None:
        """In the process's main thread, after the server has set its own handlers. Elsewhere nothing is done."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._loop = asyncio.get_running_loop()
        self._previous = signal.signal(signal.SIGTERM, self._on_signal)

    def remove(self) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGTERM, self._previous)
            self._previous = None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._task is None:
            self._loop.call_soon_threadsafe(self._begin)
        else:
            self._stop()

    def _begin(self) -> None:
        if self._task is None:
            self._drain.begin()
            self._task = asyncio.create_task(self._stop_when_empty())

    async def _stop_when_empty(self) -> None:
        await self._drain.empty()
        self._stop()

    def _stop(self) -> None:
        previous = self._previous
        if callable(previous):
            previous(signal.SIGTERM, None)
        elif previous is not None:
            signal.signal(signal.SIGTERM, previous)
            signal.raise_signal(signal.SIGTERM)
