"""How many requests vLLM has, whose turn it is, and when the next one is refused. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engines.base import ChatOptions
from inference.errors import EngineError

LIVE = 0
GUESS = 10
"""An answer to what may not be the caller's whole turn, or what is read ahead of it."""
BACKGROUND = 20
FULL = "engine_full"


@dataclass(slots=True)
class Seats:
    """`seats` requests are computed at once, `limit` may be there in all."""

    seats: int
    limit: int
    taken: int = 0

    def enter(self, priority: int) -> None:
        """Raises EngineError (`engine_full`) at once: for a caller when nothing more may wait, for work in the
        background when it would have to wait at all."""
        if self.taken >= (self.seats if priority >= BACKGROUND else self.limit):
            raise EngineError("The language model has more to do than it can.", code=FULL)
        self.taken += 1

    def leave(self) -> None:
        self.taken -= 1

    @property
    def crowded(self) -> bool:
        """Somebody waits for a seat."""
        return self.taken > self.seats


def priority(options: ChatOptions) -> int:
    """Now: `awaited` may say something else later."""
    if options.background:
        return BACKGROUND
    return LIVE if options.awaited() else GUESS
