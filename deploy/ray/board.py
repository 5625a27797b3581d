"""What all replicas have to know of each other: the published agents, and how much room there is. Knows nothing of Ray.

A request through Serve reaches one replica, whichever: what is told to one of them is told to all through here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

BEAT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 4.0
"""A replica that said nothing for this long is not counted any more."""
SUMS: Final = (
    "capacity",
    "capacity_most",
    "text_capacity",
    "conversations",
    "voice_conversations",
    "text_conversations",
    "listening",
)


@dataclass(frozen=True, slots=True)
class Beat:
    """`agents`: the newest published agents as JSON, where the replica has older ones."""

    number: int
    agents: bytes | None


class Board:
    """In memory only: a board that was started again knows no agents until the web publishes, or a replica asks.

    Replicas keep what they have meanwhile.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._number = 0
        self._agents: bytes | None = None
        self._told: dict[str, tuple[float, dict[str, Any]]] = {}

    def tell(self, name: str, status: dict[str, Any], seen: int) -> Beat:
        self._told[name] = (self._clock(), status)
        return Beat(self._number, self._agents if seen != self._number else None)

    def publish(self, agents: bytes) -> int:
        self._number += 1
        self._agents = agents
        return self._number

    def statuses(self) -> dict[str, dict[str, Any]]:
        """By replica, of those that live."""
        now = self._clock()
        self._told = {name: told for name, told in self._told.items() if now - told[0] <= SILENT_SECONDS}
        return {name: status for name, (_, status) in self._told.items()}


def summed(statuses: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One worker's account of itself, made of its replicas'. Empty where there are none."""
    if not statuses:
        return {"name": "ray", "ready": False, "problem": "No replica lives.", "replicas": 0}
    accounts = list(statuses.values())
    ready = [account for account in accounts if account.get("ready")]
    first = (ready or accounts)[0]
    sums = {name: sum(int(account.get(name) or 0) for account in ready) for name in SUMS if name in first}
    resident = [dict(account.get("resident") or {}) for account in ready]
    shared = {
        agent: digest
        for agent, digest in (resident[0] if resident else {}).items()
        if all(other.get(agent) == digest for other in resident)
    }
    serving: Counter[str] = Counter()
    for account in ready:
        serving.update({str(name): int(calls) for name, calls in dict(account.get("serving") or {}).items()})
    return {
        **first,
        **sums,
        "serving": dict(serving),
        "name": "ray",
        "ready": bool(ready),
        "problem": "" if ready else str(first.get("problem", "")),
        "resident": shared,
        "load": max((float(account.get("load") or 0) for account in ready), default=0.0),
        "replicas": len(ready),
    }
