"""Media sockets that have not said yet whose call they carry: few of them, and never so many that a real call waits.

A socket beyond a limit is taken; the one that has kept silent longest is dropped for it. Twilio says `start` at once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

MOST: Final = 200
MOST_OF_ONE: Final = 100
"""From one address: Twilio's, or a proxy's that all come through."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    address: str
    drop: Callable[[], object]


class Gate:
    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._waiting: deque[_Waiting] = deque()
        self._by_address: Counter[str] = Counter()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def waiting(self, address: str, drop: Callable[[], object]) -> Iterator[None]:
        """While inside, this socket is silent; `drop` is called when another needs its place."""
        if self._by_address[address] >= self._most_of_one:
            self._drop(next(each for each in self._waiting if each.address == address))
        elif len(self._waiting) >= self._most:
            crowd = max(self._by_address, key=self._by_address.__getitem__)
            self._drop(next(each for each in self._waiting if each.address == crowd))
        here = _Waiting(address, drop)
        self._waiting.append(here)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._leave(here)

    def _drop(self, waiting: _Waiting) -> None:
        self._leave(waiting)
        self.dropped += 1
        waiting.drop()

    def _leave(self, waiting: _Waiting) -> None:
        if waiting not in self._waiting:
            return
        self._waiting.remove(waiting)
        self._by_address[waiting.address] -= 1
        if not self._by_address[waiting.address]:
            del self._by_address[waiting.address]


GATE: Final = Gate()
"""Of this process."""
