"""Leaves a server alone for a while after it failed several times in a row. Pure: the clock comes in."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FAILURES = 5
PAUSE_SECONDS = 10.0
KEPT = 1_000


@dataclass(slots=True)
class _Record:
    failures: int = 0
    closed_until: float = 0.0


class Breaker:
    """By any name, such as an origin. After the pause one try is let through: it decides."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def lets(self, name: str) -> bool:
        record = self._records.get(name)
        if record is None or record.failures < FAILURES:
            return True
        if self._clock() < record.closed_until:
            return False
        record.closed_until = self._clock() + PAUSE_SECONDS
        return True

    def failed(self, name: str) -> None:
        record = self._records.setdefault(name, _Record())
        self._records.move_to_end(name)
        record.failures += 1
        record.closed_until = self._clock() + PAUSE_SECONDS
        while len(self._records) > KEPT:
            self._records.popitem(last=False)

    def worked(self, name: str) -> None:
        self._records.pop(name, None)
