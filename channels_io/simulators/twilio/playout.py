"""Twilio's buffer of a bidirectional stream: media waits its turn, marks come back when what stands before them has sounded. Pure.

Times in seconds of any one clock.
"""

from __future__ import annotations

from collections import deque

from channels_io.simulators.twilio.ear import RATE, Ear

MOST_SECONDS = 600.0
"""More in the buffer is thrown away (warning 31931)."""


class Playout:
    def __init__(self, ear: Ear | None = None) -> None:
        self.ear = Ear() if ear is None else ear
        self._ends = 0.0
        self._marks: deque[tuple[float, str]] = deque()
        self.overflowed = False

    def receive(self, ulaw: bytes, now: float) -> float | None:
        """When it begins to sound; None when the buffer is full."""
        if max(self._ends, now) + len(ulaw) / RATE - now > MOST_SECONDS:
            self.overflowed = True
            return None
        begins = self.ear.queue(ulaw, now)
        self._ends = begins + len(ulaw) / RATE
        return begins

    def mark(self, name: str, now: float) -> None:
        self._marks.append((max(self._ends, now), name))

    def clear(self, now: float) -> list[str]:
        """Falls silent. The names of all marks that had not come back: they do so now."""
        names = [name for _, name in self._marks]
        self._marks.clear()
        if self._ends > now:
            self.ear.cut(now)
            self._ends = now
        return names

    def due(self, now: float) -> list[str]:
        """Marks whose moment has come, in their order, each once."""
        names = []
        while self._marks and self._marks[0][0] <= now:
            names.append(self._marks.popleft()[1])
        return names

    def next_due(self) -> float | None:
        return self._marks[0][0] if self._marks else None

    def silent(self, now: float) -> bool:
        return self._ends <= now

    @property
    def ends(self) -> float:
        """When it runs dry."""
        return self._ends
