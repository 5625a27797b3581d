"""The load cell: from what each level of simultaneous calls showed to what is held. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from channels_io.bench.figures import Distribution

ADDED_LIMIT_MS = 20.0
"""Goal of the load cell: p95 of what the other calls add."""


class LoadStep(Struct, frozen=True):
    """One level of calls at once."""

    calls: int
    v2v_ms: Distribution
    cpu_seconds_per_call_minute: float | None
    rss_mb: float | None
    """Largest resident memory of the server's processes while the calls were on."""
    missed: int
    """Turns without an answer, and calls that broke."""
    lateness_p99_ms: float = 0.0
    refused: int = 0
    """Calls that were not taken, as admission wants it."""
    cores: float = 0.0
    """Cores that the server used."""
    driver_cores: float = 0.0
    """Cores that the driver used beside it."""
    stalls_p99_ms: float = 0.0
    """How late an idle process beside it was woken."""
    void: bool = False
    lag_p99_ms: float | None = None
    """99 % of the worker's timers ran at most so late (upper bound of a bucket)."""
    queues: dict[str, float] = {}
    """Largest depth of each of the worker's queues."""

    def added_ms(self, alone: LoadStep) -> float | None:
        """p95 delay that the other calls add."""
        if self.v2v_ms.p95 is None or alone.v2v_ms.p95 is None:
            return None
        return self.v2v_ms.p95 - alone.v2v_ms.p95

    def holds(self, alone: LoadStep) -> bool:
        """Everybody was taken and answered, nobody had to wait noticeably longer."""
        added = self.added_ms(alone)
        return added is not None and added <= ADDED_LIMIT_MS and not self.missed and not self.refused


class LoadFigures(Struct, frozen=True):
    steps: tuple[LoadStep, ...]
    cores: int
    held: int
    """Most calls at once before the first level that did not hold."""
    calls_per_core: float
    rss_per_extra_call_mb: float | None
    overload: LoadStep | None = None
    """Twice as many as held: those who were taken must not feel it, the others are refused or wait."""
    cell: str = "load"

    @property
    def void(self) -> bool:
        return any(step.void for step in self.steps if step.calls <= self.held)

    @property
    def unharmed(self) -> bool | None:
        """Whether the calls taken at twice the load were answered as if alone; None: not tried."""
        if self.overload is None:
            return None
        added = self.overload.added_ms(self.steps[0])
        return added is not None and added <= ADDED_LIMIT_MS and not self.overload.missed


def load_figures(steps: Sequence[LoadStep], cores: int, overload: LoadStep | None = None) -> LoadFigures:
    held = held_calls(steps)
    return LoadFigures(
        steps=tuple(steps),
        cores=cores,
        held=held,
        calls_per_core=round(held / cores, 1),
        rss_per_extra_call_mb=rss_per_extra_call([step for step in steps if step.calls <= max(held, 2)]),
        overload=overload,
    )


def held_calls(steps: Sequence[LoadStep]) -> int:
    held = 0
    for step in steps:
        if not step.holds(steps[0]):
            break
        held = step.calls
    return held


def rss_per_extra_call(steps: Sequence[LoadStep]) -> float | None:
    """Slope of memory over calls (least squares), in MB a call; None with fewer than two levels."""
    known = [(step.calls, step.rss_mb) for step in steps if step.rss_mb is not None]
    if len({calls for calls, _ in known}) < 2:
        return None
    calls, memory = np.array(known, dtype=np.float64).T
    return round(float(np.polyfit(calls, memory, 1)[0]), 2)
