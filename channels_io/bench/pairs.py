"""Two runs of the same clips, clip by clip: what the one adds to the other, whatever each of them played besides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct

from channels_io.bench.records import TurnRecord


class Pairs(Struct, frozen=True):
    count: int
    added_ms: float | None
    """The median of the differences, second less first; None without a pair."""


def pairs_of(first: Sequence[TurnRecord], second: Sequence[TurnRecord]) -> Pairs:
    """Of clips that both answered."""
    known: dict[str, float] = {}
    for turn in first:
        if turn.v2v_ms is not None:
            known.setdefault(turn.clip, turn.v2v_ms)
    added = [turn.v2v_ms - known[turn.clip] for turn in second if turn.v2v_ms is not None and turn.clip in known]
    return Pairs(len(added), median(added) if added else None)
