"""The keys of a telephone: digits that come one by one make one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PAUSE_SECONDS = 1.5
"""After which the digits so far are all."""
END = "#"


class Keypad:
    """Collects digits until `#`, a pause, or as many as are asked for; `report` takes them."""

    def __init__(self, tasks: asyncio.TaskGroup, report: Callable[[str], Awaitable[None]]) -> None:
        self._tasks = tasks
        self._report = report
        self._digits = ""
        self._waiting: asyncio.Task[None] | None = None

    @property
    def pressed(self) -> bool:
        """Whether there are digits that may be followed by more."""
        return bool(self._digits)

    def press(self, digit: str, *, wanted: int) -> None:
        """`wanted`: digits that are a whole answer; 0 where their number is open."""
        self.stop()
        self._digits += digit[:1]
        whole = digit == END or len(self._digits) == wanted
        self._waiting = self._tasks.create_task(self._finish(0.0 if whole else PAUSE_SECONDS))

    def stop(self) -> None:
        """No answer for now."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def _finish(self, pause: float) -> None:
        await asyncio.sleep(pause)
        digits, self._digits, self._waiting = self._digits, "", None
        await self._report(digits)
