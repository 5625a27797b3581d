"""Which agents are kept ready on which worker. Pure.

While all have room everywhere, all are everywhere. Beyond that each agent has its own few workers, chosen by a hash of
both names: a worker more or less moves only the agents that it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

COPIES = 2
"""Workers that hold an agent when not all can: one may be lost."""


def placement(
    agents: Sequence[str], workers: Sequence[str], room: int, least: Mapping[str, int] | None = None
) -> dict[str, list[str]]:
    """Worker → agents it shall hold, at most `room` each. `least`: on how many workers an agent is wanted at least.

    Who is wanted on several workers comes first, then each agent once, then its copies.
    """
    held: dict[str, list[str]] = {worker: [] for worker in workers}
    if len(agents) <= room:
        return {worker: list(agents) for worker in workers}
    least = least or {}
    ordered = sorted(agents, key=lambda agent: -least.get(agent, 0))
    for agent in ordered:
        for _ in range(least.get(agent, 0)):
            _place(agent, _preferred(agent, workers), held, room)
    for copies in range(1, COPIES + 1):
        for agent in ordered:
            if sum(agent in agents for agents in held.values()) < copies:
                _place(agent, _preferred(agent, workers), held, room)
    return held


def rank(agent: str, worker: str) -> bytes:
    """The greater, the sooner this agent comes to this worker."""
    return hashlib.sha256(f"{agent}\0{worker}".encode()).digest()


def _preferred(agent: str, workers: Iterable[str]) -> list[str]:
    return sorted(workers, key=lambda worker: rank(agent, worker), reverse=True)


def _place(agent: str, preferred: Sequence[str], held: dict[str, list[str]], room: int) -> None:
    for worker in preferred:
        if agent not in held[worker] and len(held[worker]) < room:
            held[worker].append(agent)
            return
