"""SIGTERM at the web process: no new calls, time for those in progress, then the server's own way to stop.

It hangs on the ASGI application and not on a server, so it is the same under Daphne and any other. SIGINT is left
alone: it stops at once, and so does a second SIGTERM.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

from django.conf import settings

from channels_io.live.live_legs import LIVE_LEGS, LiveLegs
from parley.lib.draining import begin_draining

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 5.0
"""How long legs that were told to end may take to say so and to write their record."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def drain(seconds: float, legs: LiveLegs = LIVE_LEGS) -> None:
    """Returns when no leg is left, or none that heeds us."""
    begin_draining()
    if not legs:
        return
    logger.info("Stopping: %d calls in progress have %g s to end.", len(legs), seconds)
    if await legs.ended(seconds):
        return
    logger.warning("Stopping: %d calls are ended now.", len(legs))
    legs.stop_all()
    if not await legs.ended(SETTLE_SECONDS):
        logger.error("Stopping: the records of %d calls are not complete.", len(legs))


class Draining:
    """`application`, which drains before the server's own handler of SIGTERM is called.

    A server sets its handlers when it starts, after our import: ours goes before them with the first request.
    Without a request there is no call to wait for.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._installed = False
        self._previous: Callable[[int, FrameType | None], Any] | int | None = None
        self._draining: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._installed:
            self._install()
        await self._application(scope, receive, send)

    def _install(self) -> None:
        self._installed = True
        if threading.current_thread() is not threading.main_thread():
            return  # Somebody else's process, with its own idea of signals: a test, a shell.
        self._loop = asyncio.get_running_loop()
        self._previous = signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._draining is None:
            self._loop.call_soon_threadsafe(self._begin)
        else:
            self._stop()

    def _begin(self) -> None:
        if self._draining is None:
            self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            await drain(settings.PARLEY_DRAIN_SECONDS)
        finally:
            self._stop()

    def _stop(self) -> None:
        """As if we had never been in between."""
        if callable(self._previous):
            self._previous(signal.SIGTERM, None)
        else:
            signal.signal(signal.SIGTERM, self._previous if self._previous is not None else signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
