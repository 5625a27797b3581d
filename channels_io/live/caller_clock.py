"""When each sample of the caller arrived here. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

KEEP_FRAMES = 6000
"""2 minutes of 20 ms frames: longer than any utterance."""


class CallerClock:
    """Positions count the samples sent to the worker now connected; times are the loop's clock."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._ends: deque[int] = deque(maxlen=KEEP_FRAMES)
        self._arrivals: deque[float] = deque(maxlen=KEEP_FRAMES)
        self.position = 0

    def restart(self) -> None:
        """A new worker counts from 0 again."""
        self._ends.clear()
        self._arrivals.clear()
        self.position = 0

    def sent(self, samples: int, arrived: float) -> None:
        self.position += samples
        self._ends.append(self.position)
        self._arrivals.append(arrived)

    def arrival(self, sample: int) -> float | None:
        """When the frame that holds `sample` arrived; None when it never did or is forgotten."""
        if not self._ends or sample >= self.position:
            return None
        index = bisect_left(self._ends, sample + 1)
        if index == 0 and self._ends.maxlen == len(self._ends):
            return None
        return self._arrivals[index]

    def spoken_at(self, sample: int) -> float | None:
        """When `sample` itself was spoken: its frame's arrival less what follows it in the frame."""
        arrived = self.arrival(sample)
        if arrived is None:
            return None
        index = bisect_left(self._ends, sample + 1)
        return arrived - (self._ends[index] - sample) / self._rate
