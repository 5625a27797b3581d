"""A context without a model: cells that hold tokens as llama.cpp's do, and scores that tell every wrong one.

The scores of a row depend on all tokens that its sequence holds, in order. Whoever shares, cuts or
restores a token too many or too few gets another word.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.engines.sampling import Scores
from inference.errors import EngineError

WORDS = 97


def scores(history: Sequence[int]) -> Scores:
    """What the model thinks of the next word after `history`."""
    mixed = 17
    for token in history:
        mixed = (mixed * 1_000_003 + token + 1) % (2**61 - 1)
    return np.random.default_rng(mixed).random(WORDS, np.float32)


def alone(prompt: Sequence[int], limit: int) -> list[int]:
    """The reply to `prompt` when nobody else is there."""
    history = list(prompt)
    for _ in range(limit):
        history.append(int(np.argmax(scores(history))))
    return history[len(prompt) :]


@dataclass(slots=True)
class Cell:
    token: int
    position: int
    sequences: set[int]


class MemoryContext:
    """`gate`: every step waits for a permit. What the loop does wrong is told in `faults`."""

    def __init__(self, *, cells: int = 400, sequences: int = 4, batch: int = 16, gate: bool = False) -> None:
        self.cells, self.sequences, self.batch = cells, sequences, batch
        self.faults: list[str] = []
        self.computed: list[list[tuple[int, int, int, bool]]] = []
        """The rows of every step."""
        self.calls: Counter[str] = Counter()
        self.failures: list[EngineError] = []
        """Raised by the next steps, one each."""
        self.refuses_states = False
        self.at_step = threading.Semaphore(0)
        """One more for every step that has come to its gate."""
        self._gate = threading.Semaphore(0) if gate else None
        self._cells: list[Cell | None] = [None] * cells
        self._rows: dict[int, Scores] = {}
        self._thread = 0

    def let(self, steps: int) -> None:
        """Open the gate for `steps` steps."""
        assert self._gate is not None
        self._gate.release(steps)

    def tokens(self, sequence: int) -> list[int]:
        held = sorted(
            (cell.position, cell.token) for cell in self._cells if cell is not None and sequence in cell.sequences
        )
        if [position for position, _ in held] != list(range(len(held))):
            self.faults.append(f"sequence {sequence} has positions {[position for position, _ in held]}")
        return [token for _, token in held]

    # --- what the loop calls ------------------------------------------------------------------------

    @property
    def used(self) -> int:
        self._called("used")
        return sum(cell is not None for cell in self._cells)

    def read(self, rows: Sequence[tuple[int, int, int, bool]]) -> bool:
        self._called("read")
        if not 0 < len(rows) <= self.batch:
            self.faults.append(f"a batch of {len(rows)} rows")
        place = self._place(len(rows))
        if place is None:
            return False
        if self._gate is not None:
            self.at_step.release()
            assert self._gate.acquire(timeout=20)
        if self.failures:
            raise self.failures.pop(0)
        self._rows = {}
        for index, (token, position, sequence, wanted) in enumerate(rows):
            before = self.tokens(sequence)
            if position != len(before) or not 0 <= sequence < self.sequences:
                self.faults.append(f"token at {position} of sequence {sequence}, which holds {len(before)}")
            self._cells[place + index] = Cell(token, position, {sequence})
            if wanted:
                self._rows[index] = scores([*before, token])
        self.computed.append(list(rows))
        return True

    def logits(self, row: int) -> Scores:
        self._called("logits")
        if row not in self._rows:
            self.faults.append(f"scores of row {row}, which were not wanted")
        return self._rows[row]

    def share(self, source: int, target: int, length: int) -> None:
        self._called("share")
        if self.tokens(target):
            self.faults.append(f"sequence {target} is shared into and not empty")
        for cell in self._cells:
            if cell is not None and source in cell.sequences and cell.position < length:
                cell.sequences.add(target)
        if len(self.tokens(target)) != length:
            self.faults.append(f"sequence {source} has no {length} tokens to share")

    def cut(self, sequence: int, length: int) -> None:
        self._called("cut")
        for index, cell in enumerate(self._cells):
            if cell is not None and cell.position >= length:
                cell.sequences.discard(sequence)
                if not cell.sequences:
                    self._cells[index] = None

    def compact(self) -> None:
        self._called("compact")
        held = [cell for cell in self._cells if cell is not None]
        self._cells = [*held, *[None] * (self.cells - len(held))]

    def state(self, sequence: int) -> bytes:
        self._called("state")
        return json.dumps(self.tokens(sequence)).encode()

    def restore(self, sequence: int, state: bytes) -> bool:
        self._called("restore")
        if self.tokens(sequence):
            self.faults.append(f"sequence {sequence} is restored into and not empty")
        tokens = json.loads(state)
        place = self._place(len(tokens))
        if place is None:
            return False
        # As the library does: what did not fit is found half done.
        kept = tokens[: len(tokens) // 2] if self.refuses_states else tokens
        for index, token in enumerate(kept):
            self._cells[place + index] = Cell(token, index, {sequence})
        return not self.refuses_states

    # --------------------------------------------------------------------------------------------------

    def _place(self, count: int) -> int | None:
        """The first gap of `count` cells: llama.cpp puts a batch side by side."""
        free = 0
        for index, cell in enumerate(self._cells):
            free = free + 1 if cell is None else 0
            if free == count:
                return index - count + 1
        return None

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        self._thread = self._thread or threading.get_ident()
        if self._thread != threading.get_ident():
            self.faults.append(f"{name} was called from another thread")
