"""Which sequence of a KV cache holds whose tokens, and what a new prompt can take over. Pure, no I/O.

An owner is a conversation, or an agent's prompt head kept warm. Any prompt may begin with what any
owner has read, so a new conversation finds its agent's head wherever it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Holding:
    """One owner's tokens in the cache, in order."""

    owner: str
    sequence: int
    tokens: list[int] = field(default_factory=list)
    used: int = 0
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Where a prompt starts: after `length` tokens, the owner's own ones or those of `source`."""

    length: int
    source: Holding | None = None


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    shorter = min(len(first), len(second))
    if first[:shorter] == second[:shorter]:
        return shorter
    return next(index for index in range(shorter) if first[index] != second[index])


class TokenCaches:
    def __init__(self, sequences: int) -> None:
        if sequences < 1:
            raise ValueError("A cache needs at least one sequence.")
        self._free = list(range(sequences - 1, -1, -1))
        self._holdings: dict[str, Holding] = {}
        self._clock = 0

    def __contains__(self, owner: str) -> bool:
        return owner in self._holdings

    def get(self, owner: str) -> Holding | None:
        return self._holdings.get(owner)

    def add(self, owner: str) -> Holding | None:
        """An empty sequence for a new owner; None when all are taken."""
        if not self._free:
            return None
        holding = self._holdings[owner] = Holding(owner, self._free.pop())
        self.touch(holding)
        return holding

    def remove(self, owner: str) -> Holding | None:
        """The owner is gone; its sequence, which the caller empties, is free again."""
        holding = self._holdings.pop(owner, None)
        if holding is not None:
            self._free.append(holding.sequence)
        return holding

    def touch(self, holding: Holding) -> None:
        self._clock += 1
        holding.used = self._clock

    def start(self, holding: Holding, prompt: Sequence[int]) -> Start:
        """What of `prompt` is there already. Its last token is always read: the reply begins at its scores."""
        most = len(prompt) - 1
        best = Start(min(most, common(holding.tokens, prompt)))
        for other in self._holdings.values():
            if other is not holding and len(other.tokens) > best.length:
                length = min(most, common(other.tokens, prompt))
                if length > best.length:
                    best = Start(length, other)
        if best.source is not None:
            self.touch(best.source)
        return best

    def idle_longest(self) -> Holding | None:
        """Whose place can be taken: nobody's who is at work."""
        idle = [holding for holding in self._holdings.values() if not holding.busy]
        return min(idle, key=lambda holding: holding.used, default=None)
