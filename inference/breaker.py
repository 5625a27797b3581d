"""Leaves a service alone for a while after it failed several times in a row. Pure: the clock comes in.

Of a service that fails for good (a key that is refused) one failure is enough. After the pause one request is let
through, and decides; each further failure doubles the pause.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FAILURES = 3
PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 120.0
KEPT = 1_000

Standing = Literal["closed", "open", "trying"]
"""closed: requests pass; open: none does; trying: the pause is over and one request is deciding."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    pause: float = PAUSE_SECONDS
    until: float = 0.0
    trying: bool = False


class Breaker:
    """By any name. Shared by all conversations of a worker: what one of them found out spares the others the wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def lets(self, name: str) -> bool:
        """Whether a request may be made now. After a pause the first who asks is let through, and nobody else till
        that request is over or another pause has passed."""
        record = self._records.get(name)
        if record is None or record.failures < FAILURES:
            return True
        if self._clock() < record.until:
            return False
        record.trying = True
        record.until = self._clock() + record.pause
        return True

    def failed(self, name: str, *, permanent: bool = False) -> None:
        record = self._records.setdefault(name, _Record())
        self._records.move_to_end(name)
        if record.trying:
            record.pause = min(LONGEST_PAUSE_SECONDS, 2 * record.pause)
        record.trying = False
        record.failures = max(record.failures + 1, FAILURES if permanent else 0)
        record.until = self._clock() + record.pause
        while len(self._records) > KEPT:
            self._records.popitem(last=False)

    def worked(self, name: str) -> None:
        self._records.pop(name, None)

    def standing(self, name: str) -> Standing:
        """For people to read."""
        record = self._records.get(name)
        if record is None or record.failures < FAILURES:
            return "closed"
        if record.trying or self._clock() >= record.until:
            return "trying"
        return "open"

    def open_names(self) -> tuple[str, ...]:
        return tuple(name for name in self._records if self.standing(name) != "closed")
