"""Which agents' prompt heads are about to fall out of vLLM's cache. Pure.

vLLM throws away what was used longest ago and cannot be told to keep anything. So a head is used again before as
much as `PATIENCE` of the cache has been read and written since its last use: it is never the oldest. Nothing is done
while nothing else is: an idle worker computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PATIENCE = 0.25
"""Part of the cache. Running requests hold some of it, so what is free turns over sooner than all of it."""

Head = tuple[str, tuple[int, ...]]
"""Salt and tokens."""


@dataclass(slots=True)
class Heads:
    """`cells`: tokens that the cache holds."""

    cells: int
    passed: int = 0
    """Tokens read and written since the start."""
    _used: dict[Head, int] = field(default_factory=dict)

    def keep(self, head: Head) -> None:
        """`head` was just read, and is to stay."""
        self._used[head] = self.passed

    def kept(self) -> list[Head]:
        return list(self._used)

    def went_by(self, salt: str, prompt: tuple[int, ...], fresh: int) -> None:
        """A request with this prompt took `fresh` tokens of the cache; the heads it begins with were used."""
        self.passed += fresh
        for head in self._used:
            if head[0] == salt and prompt[: len(head[1])] == head[1]:
                self._used[head] = self.passed

    def forget(self) -> None:
        """The cache was emptied: all heads are due."""
        self.passed += self.cells
        self._used = dict.fromkeys(self._used, self.passed - self.cells)

    def due(self) -> Head | None:
        """The head to be used again now, the one used longest ago first."""
        if not self._used:
            return None
        head = min(self._used, key=lambda each: self._used[each])
        return head if self.passed - self._used[head] >= self.cells * PATIENCE else None

    def total(self) -> int:
        """Tokens that all heads take."""
        return sum(len(tokens) for _, tokens in self._used)
