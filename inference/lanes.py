"""What the queues in front of the shared engines do: how deep they are, how long work waits, how busy they keep.

One lane for each serial engine of this process. Any thread may write; the worker's watch drains it
once a second for `inference.admission`, and every wait goes to `/metrics`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from inference import metrics

LaneName = Literal["transcriber", "chat", "synthesizer"]
Priority = Literal["urgent", "optional"]


@dataclass(frozen=True, slots=True)
class LaneUse:
    """Since the last drain: `busy` seconds of urgent work in `served` pieces, and how long urgent work waited."""

    busy: float = 0.0
    served: int = 0
    waits: tuple[float, ...] = ()


class Lane:
    def __init__(self, name: LaneName, clock: Callable[[], float] = time.monotonic) -> None:
        self._name: LaneName = name
        self._clock = clock
        self._lock = threading.Lock()
        self._depth: dict[Priority, int] = {"urgent": 0, "optional": 0}
        self._busy = 0.0
        self._served = 0
        self._waits: list[float] = []

    def enter(self, priority: Priority) -> Ticket:
        """Something begins to wait; say `begin` or `leave` of it exactly once, the first counts."""
        self._shift(priority, 1)
        return Ticket(self, priority, self._clock())

    def worked(self, seconds: float) -> None:
        """One piece of urgent work took this long."""
        with self._lock:
            self._busy += seconds
            self._served += 1

    def drain(self) -> LaneUse:
        with self._lock:
            use = LaneUse(self._busy, self._served, tuple(self._waits))
            self._busy, self._served = 0.0, 0
            self._waits.clear()
        return use

    def depth(self, priority: Priority) -> int:
        return self._depth[priority]

    def _shift(self, priority: Priority, step: int) -> None:
        with self._lock:
            self._depth[priority] += step
            depth = self._depth[priority]
        metrics.queue_depth(self._name, priority, depth)

    def _began(self, ticket: Ticket) -> None:
        self._shift(ticket.priority, -1)
        waited = max(0.0, self._clock() - ticket.since)
        metrics.queue_waited(self._name, ticket.priority, waited)
        if ticket.priority == "urgent":
            with self._lock:
                self._waits.append(waited)


@dataclass(slots=True, eq=False)
class Ticket:
    """One piece of work that waits in a lane."""

    lane: Lane
    priority: Priority
    since: float
    _settled: bool = field(default=False)

    def begin(self) -> None:
        """Its turn has come."""
        if not self._settled:
            self._settled = True
            self.lane._began(self)  # noqa: SLF001 - the lane's other half

    def leave(self) -> None:
        """It is not wanted any more."""
        if not self._settled:
            self._settled = True
            self.lane._shift(self.priority, -1)  # noqa: SLF001 - the lane's other half


LANES: dict[LaneName, Lane] = {
    "transcriber": Lane("transcriber"),
    "chat": Lane("chat"),
    "synthesizer": Lane("synthesizer"),
}
"""Of this process: one worker, one of each engine."""
