"""Who sits in which slot of a language model's KV cache. Pure bookkeeping, no I/O.

A slot holds the cache of one sitter: a conversation, or the agent prefix being warmed. There may be
more sitters than slots: the one that has been idle longest gives up its place, and the caller of
`take` puts its cache aside. A sitter at work never loses its slot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot taken for work. `evicted` had its cache there; `fresh`: the sitter's own is not there yet."""

    slot: int
    fresh: bool
    evicted: str = ""


class SlotTable:
    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise ValueError("A model needs at least one slot.")
        self._sitter_of: list[str] = [""] * slots
        self._used: list[int] = [0] * slots
        self._busy: set[int] = set()
        self._clock = 0

    def take(self, sitter: str) -> Seat | None:
        """Begin work for `sitter`; None when every slot is at work, or the sitter itself already is."""
        own = self.slot_of(sitter)
        if own is not None:
            return None if own in self._busy else self._seat(own, sitter, fresh=False)
        idle = [slot for slot in range(len(self._sitter_of)) if slot not in self._busy]
        if not idle:
            return None
        # An empty slot first, then the one that has been idle longest.
        best = min(idle, key=lambda slot: (self._sitter_of[slot] != "", self._used[slot]))
        return self._seat(best, sitter, fresh=True)

    def rest(self, slot: int) -> None:
        """The work in `slot` is over; its sitter keeps the place while nobody needs it."""
        self._busy.discard(slot)
        self._clock += 1
        self._used[slot] = self._clock

    def leave(self, sitter: str) -> None:
        """The sitter is gone: its slot is the first to be given away."""
        slot = self.slot_of(sitter)
        if slot is not None:
            self._sitter_of[slot] = ""

    def slot_of(self, sitter: str) -> int | None:
        return self._sitter_of.index(sitter) if sitter in self._sitter_of else None

    def _seat(self, slot: int, sitter: str, *, fresh: bool) -> Seat:
        evicted = self._sitter_of[slot] if fresh else ""
        self._sitter_of[slot] = sitter
        self._busy.add(slot)
        return Seat(slot, fresh, evicted)
