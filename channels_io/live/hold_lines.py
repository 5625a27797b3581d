"""What a caller who waits for a free line is told, and when. Pure: sentences out, time in."""

from __future__ import annotations

from channels_io.live.lines import Line

_PLACES: dict[int, Line] = {1: "busy_next", 2: "busy_second", 3: "busy_third"}
"""Further back, a number would only discourage."""


class HoldLines:
    def __init__(self, every: float) -> None:
        self._every = every
        self._told: int | None = None
        self._at = 0.0

    def due(self, place: int, now: float) -> tuple[Line, ...]:
        """The sentences for this moment: at first that all lines are busy, then each nearer place, and now and then a comfort."""
        if self._told is None:
            lines: tuple[Line, ...] = ("busy", *self._place(place))
        elif place < self._told and place in _PLACES:
            lines = self._place(place)
        elif now - self._at >= self._every:
            lines = ("busy_still",)
        else:
            lines = ()
        self._told = place
        if lines:
            self._at = now
        return lines

    @staticmethod
    def _place(place: int) -> tuple[Line, ...]:
        return (_PLACES[place],) if place in _PLACES else ()
