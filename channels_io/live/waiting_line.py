"""Callers of one web process who wait for a free line, first come first served. Pure."""

from __future__ import annotations


class WaitingLine:
    def __init__(self) -> None:
        self._places: list[Place] = []

    def __len__(self) -> int:
        return len(self._places)

    def join(self) -> Place:
        """The place at the end."""
        place = Place(self)
        self._places.append(place)
        return place

    def number(self, place: Place) -> int:
        """1 = next; 0 = not in line."""
        return self._places.index(place) + 1 if place in self._places else 0

    def leave(self, place: Place) -> None:
        if place in self._places:
            self._places.remove(place)


class Place:
    """One caller's place. Only number 1 asks for a worker, so that nobody overtakes."""

    def __init__(self, line: WaitingLine) -> None:
        self._line = line

    @property
    def number(self) -> int:
        return self._line.number(self)

    def leave(self) -> None:
        """Connected, or gone. May be said more than once."""
        self._line.leave(self)
