"""How many voice conversations this worker can serve well, from what it measures. Pure: time comes in as seconds.

Each call costs time of the processor, of the event loop's thread, and of the engines' lanes. The
costs are averages over the calls of the last minutes, begun with those of a short calibration. From
them follows how many calls keep the wait that they add to each other below `limit`; what is really
waited has the last word. The figure moves slowly and only when it is clearly wrong.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from inference.lanes import LaneName, LaneUse

WAIT_LIMIT = 0.25
"""Seconds that the p95 of an urgent piece of work may wait for others: half a good turn on a small machine."""
PROCESSOR_SHARE = 0.75
"""Of all cores: the rest is for turns that fall together, and for whoever else runs on the machine."""
LOOP_SHARE = 0.6
MEMORY = 60.0
"""Seconds with calls after which an observation counts for a third."""
PRIOR = 30.0
"""Call-seconds that the calibration counts for."""
STEADY = 5.0
"""Seconds that a better or worse figure must hold before capacity follows by one step."""
HARM = 3.0
"""Seconds of harmed waits before capacity is taken back."""
REST = 30.0
"""Seconds after harm without a rise."""
WINDOW = 10
"""Observations in which waits are judged."""
RISE = 1.15
FALL = 0.9
TELLING = 0.5
"""Share of capacity, old or new, from which on what calls cost may lower it."""
MARGIN = 0.4
"""In calls. The estimate must leave this band around the present capacity to move it: noise of a few calls does not."""

LANE_WORDS: dict[LaneName, str] = {
    "transcriber": "speech recognition",
    "chat": "the language model",
    "synthesizer": "speech synthesis",
}


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one call, for each second that it lasts. `lanes` are (busy seconds, pieces of work)."""

    processor: float
    loop: float
    lanes: Mapping[LaneName, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """`seconds` with `calls` open on average: time spent in them, and the latest timer of the event loop."""

    seconds: float
    calls: float
    processor: float
    loop: float
    lag: float
    lanes: Mapping[LaneName, LaneUse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimate:
    """So many calls, and what does not allow one more, in words."""

    exact: float
    """At least 1."""
    limited_by: str
    reason: str

    @property
    def calls(self) -> int:
        return int(self.exact)


def wait_p95(use: float, piece: float) -> float:
    """Seconds that 95 % of arrivals wait at most for one server that is busy for the share `use` with pieces of `piece` s.

    Pieces of random length that come at random: the chance of a wait beyond t is use · exp(-t (1 - use) / piece).
    """
    if use >= 1.0:
        return math.inf
    return max(0.0, math.log(max(use, 1e-9) / 0.05) * piece / (1.0 - use))


def p95(values: list[float]) -> float:
    """0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)] if ordered else 0.0


class Admission:
    """`most` is what the operator allows; `capacity` is never above it and never below 1. `fixed`: it is `most`."""

    def __init__(self, *, most: int, cores: float, limit: float = WAIT_LIMIT, fixed: bool = False) -> None:
        self._fixed = fixed
        self._most = max(1, most)
        self._cores = cores
        self._limit = limit
        self.capacity = self._most
        self._why: Estimate | None = None
        self._call_seconds = 0.0
        self._processor = 0.0
        self._loop = 0.0
        self._lanes: dict[LaneName, tuple[float, float]] = {}
        self._recent: deque[tuple[list[float], float, float]] = deque(maxlen=WINDOW)
        """(waits, processor share, calls) of the last observations."""
        self._above = self._below = self._harmed = 0.0
        self._rest = 0.0
        self._harm_at = 0

    def begin(self, costs: Costs) -> None:
        """Start from a calibration."""
        self._recent.clear()  # Loading the models made everything late.
        if self._fixed:
            return
        self._call_seconds = PRIOR
        self._processor = costs.processor * PRIOR
        self._loop = costs.loop * PRIOR
        self._lanes = {name: (busy * PRIOR, pieces * PRIOR) for name, (busy, pieces) in costs.lanes.items()}
        self.capacity = self.estimate().calls

    def observe(self, seen: Observation) -> None:
        """Take in what happened; capacity may move by one step."""
        waits = [wait for use in seen.lanes.values() for wait in use.waits]
        self._recent.append(([*waits, seen.lag], seen.processor / seen.seconds / self._cores, seen.calls))
        if self._fixed:
            return
        if seen.calls <= 0:
            self._above = self._below = self._harmed = 0.0
            self._rest = max(0.0, self._rest - seen.seconds)
            return
        self._learn(seen)
        self._adapt(seen)

    def estimate(self) -> Estimate:
        """What the measured costs allow."""
        found = [Estimate(self._most, "setting", f"PARLEY_CAPACITY or its default allows {self._most}")]
        if self._call_seconds > 0:
            found += [self._processor_allows(), self._loop_allows()]
            found += [self._lane_allows(name) for name in self._lanes]
        return min(found, key=lambda each: each.exact)

    @property
    def limited_by(self) -> str:
        """The resource that gives out first: "processor", "event loop", a lane's name, "waiting" or "setting"."""
        return self._explained().limited_by

    @property
    def reason(self) -> str:
        """Why capacity is what it is, for people."""
        return self._explained().reason

    def waiting(self) -> float:
        """The p95 of what urgent work and the event loop waited lately, in seconds."""
        return p95([wait for waits, _, _ in self._recent for wait in waits])

    def busy(self, calls: int) -> float:
        """How loaded the worker is with `calls` open, 0 to 1: the most of places, processor and waits."""
        return min(1.0, max(calls / self.capacity, self._strain()))

    def pressure(self, calls: int, *, of: int) -> float:
        """What `calls` of the `of` open ones weigh on the rest, 0 to 1: their part of the processor and of the waits."""
        if calls <= 0:
            return 0.0
        return min(1.0, self._strain() * calls / of)

    def _strain(self) -> float:
        """The processor and the waits of late against what they may be; above 1 when they are beyond it."""
        processor = max((share for _, share, _ in list(self._recent)[-3:]), default=0.0)
        return max(processor / PROCESSOR_SHARE, self.waiting() / self._limit)

    # --- learning ---------------------------------------------------------------------------------

    def _learn(self, seen: Observation) -> None:
        kept = math.exp(-seen.seconds * min(1.0, seen.calls) / MEMORY)
        self._call_seconds = self._call_seconds * kept + seen.calls * seen.seconds
        self._processor = self._processor * kept + seen.processor
        self._loop = self._loop * kept + seen.loop
        for name in {*self._lanes, *seen.lanes}:
            busy, pieces = self._lanes.get(name, (0.0, 0.0))
            use = seen.lanes.get(name, LaneUse())
            self._lanes[name] = (busy * kept + use.busy, pieces * kept + use.served)

    def _processor_allows(self) -> Estimate:
        cost = self._processor / self._call_seconds
        words = f"a call takes {cost:.2f} of {self._cores:g} processor cores"
        return self._whole(PROCESSOR_SHARE * self._cores / max(cost, 1e-9), "processor", words)

    def _loop_allows(self) -> Estimate:
        cost = self._loop / self._call_seconds
        words = f"a call takes {cost:.1%} of the event loop's thread"
        return self._whole(LOOP_SHARE / max(cost, 1e-9), "event loop", words)

    def _lane_allows(self, name: LaneName) -> Estimate:
        busy, pieces = self._lanes[name]
        share, piece = busy / self._call_seconds, busy / max(pieces, 1e-9)
        words = f"a call keeps {LANE_WORDS[name]} busy for {share:.1%} of the time, {piece * 1000:.0f} ms at once"
        low, high = 0.0, float(self._most)
        while high - low > 0.01:  # the most calls that wait short enough
            middle = (low + high) / 2
            if wait_p95(middle * share, piece) <= self._limit:
                low = middle
            else:
                high = middle
        low = high if high == self._most else low
        return self._whole(low, name, words)

    def _whole(self, calls: float, limited_by: str, reason: str) -> Estimate:
        return Estimate(max(1.0, min(self._most, calls)), limited_by, reason)

    # --- moving -----------------------------------------------------------------------------------

    def _adapt(self, seen: Observation) -> None:
        self._rest = max(0.0, self._rest - seen.seconds)
        harmed = self.waiting() > self._limit and seen.calls > 1
        self._harmed = self._harmed + seen.seconds if harmed else 0.0
        if self._harmed >= HARM:
            if self.capacity > 1 and seen.calls > 0.5 * self.capacity:
                self._back_off(seen.calls)
            return
        target = self.estimate()
        above = target.exact >= self._next_above() and not harmed and not self._rest
        # A few calls on an idle machine each wake it for little: what one of many costs is seen with many.
        telling = seen.calls >= TELLING * min(self.capacity, target.exact)
        below = telling and target.exact <= min(self.capacity - MARGIN, FALL * self.capacity)
        self._above = self._above + seen.seconds if above else 0.0
        self._below = self._below + seen.seconds if below else 0.0
        step = max(1, self.capacity // 10)
        if self._above >= STEADY:
            self._above = 0.0
            self._move(min(target.calls, self.capacity + step))
        elif self._below >= STEADY:
            self._below = 0.0
            self._move(max(target.calls, self.capacity - step))

    def _next_above(self) -> float:
        wanted = max(self.capacity + 1 + MARGIN, RISE * self.capacity)
        return min(wanted, self._most) if self.capacity < self._most else math.inf

    def _back_off(self, calls: float) -> None:
        waited = self.waiting()
        self._move(max(1, min(self.capacity - max(1, self.capacity // 10), math.ceil(calls))))
        self._harmed, self._rest = 0.0, REST
        self._recent.clear()  # What was waited before says nothing about the smaller figure.
        words = f"with {calls:.0f} calls, urgent work waited {waited * 1000:.0f} ms"
        self._why = Estimate(self.capacity, "waiting", words)

    def _move(self, capacity: int) -> None:
        self.capacity = max(1, min(self._most, capacity))
        self._why = None

    def _explained(self) -> Estimate:
        return self._why or self.estimate()
