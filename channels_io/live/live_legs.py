"""The legs that run in this process, so that it can wait for them, or end them, before it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from channels_io.base import CloseCode
from channels_io.end_reasons import EndReason

POLL_SECONDS = 0.05
RESTARTING = "The server is restarting. Try again in a moment: nothing that was said is lost."


class Stoppable(Protocol):
    def stop(self, reason: EndReason, close_code: int, message: str) -> None: ...


class LiveLegs:
    """Legs may run on any event loop of the process."""

    def __init__(self) -> None:
        self._legs: list[Stoppable] = []

    def __len__(self) -> int:
        return len(self._legs)

    @contextmanager
    def running(self, leg: Stoppable) -> Iterator[None]:
        """`leg` counts as live until its record is written too."""
        self._legs.append(leg)
        try:
            yield
        finally:
            self._legs.remove(leg)

    async def ended(self, seconds: float) -> bool:
        """Wait until there are none; False when there still are after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self._legs:  # noqa: ASYNC110 -- they end on other loops too: no event would be theirs
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            return False
        return True

    def stop_all(self) -> None:
        for leg in list(self._legs):
            leg.stop(EndReason.SHUTDOWN, CloseCode.RESTARTING, RESTARTING)


LIVE_LEGS = LiveLegs()
"""Of this process."""
