"""Who has which place in a language model's cache, and what waits aside in memory for a place. On the loop's thread only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from inference.engines.sampling import Scores
from inference.engines.token_caches import Holding, TokenCaches, common


class Context(Protocol):
    """The part of `ik_library.Context` that the loop and its places drive."""

    cells: int
    sequences: int
    batch: int

    @property
    def used(self) -> int: ...
    def read(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool: ...
    def logits(self, row: int) -> Scores: ...
    def share(self, source: int, target: int, length: int) -> None: ...
    def cut(self, sequence: int, length: int) -> None: ...
    def compact(self) -> None: ...
    def state(self, sequence: int) -> bytes: ...
    def restore(self, sequence: int, state: bytes) -> bool: ...


class Places:
    def __init__(self, context: Context, *, aside_bytes: int) -> None:
        """`aside_bytes`: how much memory the caches of those who lost their place may take."""
        self._context = context
        self._caches = TokenCaches(context.sequences)
        self._aside: OrderedDict[str, tuple[list[int], bytes]] = OrderedDict()
        self._aside_bytes = aside_bytes

    def state(self, owner: str) -> bytes:
        """The owner's cache as bytes; empty when it has none."""
        holding = self._caches.get(owner)
        return self._context.state(holding.sequence) if holding is not None else b""

    def holds(self, owner: str) -> bool:
        """Whether the owner's tokens are in the cache or aside."""
        return owner in self._caches or owner in self._aside

    def put_aside(self, owner: str) -> None:
        """Out of the cache and into memory: tokens that nobody works with make every computation slower."""
        holding = self._caches.get(owner)
        if holding is not None and not holding.busy:
            self.empty(holding)

    def restore(self, owner: str, tokens: list[int], state: bytes) -> bool:
        """Give a new owner a cache that was kept. False when it does not fit this context.

        An owner who is there already keeps what it has: False when those are other tokens.
        """
        present = self._caches.get(owner)
        if present is not None:
            return present.tokens == tokens
        holding = self.seat(owner)
        if holding is None:
            return False
        holding.busy = True
        restored = self._fill(holding, tokens, state)
        holding.busy = False
        if not restored:
            self.drop(owner)
        return restored

    def seat(self, owner: str) -> Holding | None:
        """The owner's sequence, or a free one; None when every one is at work."""
        holding = self._caches.get(owner) or self._caches.add(owner)
        if holding is None and (idle := self._caches.idle_longest()) is not None:
            self.empty(idle)
            holding = self._caches.add(owner)
        return holding

    def drop(self, owner: str) -> None:
        """The owner is gone, or what its sequence holds is unknown."""
        self._aside.pop(owner, None)
        holding = self._caches.remove(owner)
        if holding is not None:
            self._context.cut(holding.sequence, 0)

    def begin(self, holding: Holding, prompt: Sequence[int]) -> int:
        """Put in as much of the prompt's start as is there already, the owner's own or another's; returns how much."""
        self._take_from_aside(holding, prompt)
        start = self._caches.start(holding, prompt)
        if start.source is not None:
            self._context.cut(holding.sequence, 0)
            self._context.share(start.source.sequence, holding.sequence, start.length)
        else:
            self._context.cut(holding.sequence, start.length)
        holding.tokens = list(prompt[: start.length])
        return start.length

    def leave(self, holding: Holding) -> None:
        """Its owner's work is done for now: it stays as long as there is room."""
        holding.busy = False
        self._caches.touch(holding)

    def read(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool:
        """Compute; when the cache is full, make room: gaps first, then whoever has been idle longest.

        False: it is full of tokens that are being worked with.
        """
        compacted = False
        while self._context.used + len(rows) > self._context.cells or not self._context.read(rows):
            if not compacted and self._context.used + len(rows) <= self._context.cells:
                self._context.compact()
                compacted = True
            elif (idle := self._caches.idle_longest()) is not None:
                self.empty(idle)
                compacted = False
            else:
                return False
        return True

    # --- aside ---------------------------------------------------------------------------------------

    def empty(self, holding: Holding) -> None:
        """Take a sequence's tokens out; its owner finds the tokens again as long as there is memory for them."""
        if holding.tokens:
            state = self._context.state(holding.sequence)
            self.drop(holding.owner)
            self._aside[holding.owner] = (holding.tokens, state)
            while self._aside and sum(len(kept) for _, kept in self._aside.values()) > self._aside_bytes:
                self._aside.popitem(last=False)
        else:
            self.drop(holding.owner)

    def _take_from_aside(self, holding: Holding, prompt: Sequence[int]) -> None:
        """Bring back what the owner has aside, or begin with another's tokens, which stay there for the next one."""
        own = self._aside.pop(holding.owner, None)
        if own is not None and not holding.tokens and common(own[0], prompt):
            self._fill(holding, *own)
        owner = max(self._aside, key=lambda each: common(self._aside[each][0], prompt), default="")
        if not owner:
            return
        kept = self._aside[owner][0]
        shared = common(kept, prompt)
        # A state comes back whole: for the few words that every prompt begins with it is not worth the room.
        if 2 * shared < len(kept) or shared <= self._caches.start(holding, prompt).length:
            return
        self._aside.move_to_end(owner)
        self._context.cut(holding.sequence, 0)
        holding.tokens = []
        if not self._fill(holding, *self._aside[owner]):
            self._aside.pop(owner, None)

    def _fill(self, holding: Holding, tokens: Sequence[int], state: bytes) -> bool:
        """Put a cache into an empty sequence at work, which may take idle ones' room. False: it stays empty."""
        while self._context.used + len(tokens) > self._context.cells:
            idle = self._caches.idle_longest()
            if idle is None:
                return False
            self.empty(idle)
        if not self._context.restore(holding.sequence, state):
            self._context.cut(holding.sequence, 0)
            self._context.compact()  # it needs its cells side by side
            if not self._context.restore(holding.sequence, state):
                self._context.cut(holding.sequence, 0)
                return False
        holding.tokens = list(tokens)
        return True
