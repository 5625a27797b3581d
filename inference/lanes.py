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

    def elsewhere(self, use: LaneUse) -> None:
        """The same of an engine that runs in a process of its own."""
        with self._lock:
            self._busy += use.busy
            self._served += use.served
            self._waits += use.waits
        for waited in use.waits:
            metrics.queue_waited(self._name, "urgent", waited)

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

    def _began(self, ticket: Ticket, waited: float | None) -> None:
        self._shift(ticket.priority, -1)
        if waited is None:
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

    def begin(self, waited: float | None = None) -> None:
        """Its turn has come; an engine that knows how long it stood in the queue says so, in seconds."""
        if not self._settled:
            self._settled = True
            self.lane._began(self, waited)  # noqa: SLF001 - the lane's other half

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


class Processor:
    """Processor time that the worker's work takes, in this process and in those of engines that run apart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._elsewhere = 0.0

    def elsewhere(self, seconds: float) -> None:
        """An engine's process used this much more."""
        with self._lock:
            self._elsewhere += seconds

    def seconds(self) -> float:
        """So far; only differences mean something."""
        return time.process_time() + self._elsewhere


PROCESSOR = Processor()
