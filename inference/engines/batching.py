"""Who goes next on a model that many conversations share. Pure: the clock and the threads are the caller's.

Two ways. `Batches` is for work that is asked for and answered whole (recognition): what waits at the
same time is run together. `next_speech` is for speech that is made piece by piece: whoever would fall
silent first goes first.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True, eq=False)
class Waiting(Generic[Item]):
    """One piece of work. Only those of the same `key` (language, length) can be run together."""

    item: Item
    owner: str
    urgent: bool
    since: float
    key: Hashable = None


class Batches(Generic[Item]):
    """What waits, and what of it is run next.

    Urgent work goes before optional work, which fills what room is left. Of each conversation one piece
    goes at a time, and whoever was served longest ago goes first. A batch that is not full waits up to
    `patience` seconds for conversations that are open and have nothing here: never for one that is alone.
    """

    def __init__(self, *, most: int = 8, patience: float = 0.004) -> None:
        self._most = most
        self._patience = patience
        self._waiting: list[Waiting[Item]] = []
        self._served: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, waiting: Waiting[Item]) -> None:
        self._waiting.append(waiting)

    def drop(self, waiting: Waiting[Item]) -> bool:
        """It is not wanted any more; False when it is not here (it runs, or has)."""
        if waiting not in self._waiting:
            return False
        self._waiting.remove(waiting)
        return True

    def forget(self, owner: str) -> None:
        """This conversation is over."""
        self._served.pop(owner, None)

    def next(self, now: float, open_owners: Collection[str]) -> tuple[list[Waiting[Item]], float]:
        """What to run together now, taken out; or nothing, and the seconds after which to ask again (0: when more comes)."""
        if not self._waiting:
            return [], 0.0
        first = min(self._waiting, key=self._rank)
        batch = self._joined(first)
        expected = {*open_owners} - {each.owner for each in self._waiting}
        due = min(each.since for each in batch) + self._patience
        if len(batch) < self._most and expected and len(open_owners) > 1 and now < due:
            return [], due - now
        for each in batch:
            self._waiting.remove(each)
            self._count += 1
            self._served[each.owner] = self._count
        return batch, 0.0

    def _rank(self, each: Waiting[Item]) -> tuple[bool, int, float]:
        # Urgent ones by arrival, as each conversation waits for one at most; optional ones take turns.
        return (False, 0, each.since) if each.urgent else (True, self._served.get(each.owner, 0), each.since)

    def _joined(self, first: Waiting[Item]) -> list[Waiting[Item]]:
        batch: dict[str, Waiting[Item]] = {}
        for each in sorted(self._waiting, key=self._rank):
            if each.key == first.key and each.owner not in batch and len(batch) < self._most:
                batch[each.owner] = each
        return list(batch.values())


class Speech(Protocol):
    """A clause that is being made."""

    @property
    def deadline(self) -> float:
        """When its listener falls silent without more of it: for one that has nothing yet, when it was asked for."""

    @property
    def key(self) -> Hashable: ...


Clause = TypeVar("Clause", bound=Speech)


def next_speech(ready: Sequence[Clause], most: int = 1) -> list[Clause]:
    """Those whose listener falls silent first, of one kind, at most `most`."""
    ordered = sorted(ready, key=lambda each: each.deadline)
    return [each for each in ordered if each.key == ordered[0].key][:most]
