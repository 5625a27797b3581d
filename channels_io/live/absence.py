"""Whether the person who talks on a call is still at their browser. Pure: times in seconds, of any one clock."""

from __future__ import annotations

from typing import Literal


class Absence:
    def __init__(self, after: float, grace: float, now: float) -> None:
        """Away when not seen for `after`; lost when away for `grace`."""
        self._after = after
        self._grace = grace
        self.seen(now)

    def seen(self, now: float) -> None:
        self._seen = now
        self.away = False

    def spoken_over(self, now: float) -> None:
        """The agent's own words sound: the caller waits for nobody yet."""
        if not self.away:
            self._seen = max(self._seen, now)

    def due(self, now: float) -> Literal["", "away", "lost"]:
        """Each is said once for an absence."""
        if not self.away and now - self._seen > self._after:
            self.away = True
            return "away"
        if self.away and now - self._seen > self._grace:
            self.seen(now)
            return "lost"
        return ""
