"""Places that are kept free for an agent, or for all agents of a workspace. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec


class Reserved(msgspec.Struct, frozen=True):
    """Holds now. `agent` empty: every agent of the workspace."""

    workspace: str
    """Public id, as that of the agent."""
    agent: str = ""
    places: int = 0
    """Calls that find a place whatever others do."""
    workers: int = 0
    """Workers that hold the agent ready."""

    def covers(self, workspace: str, agent: str) -> bool:
        return self.workspace == workspace and self.agent in ("", agent)

    def unused(self, serving: Mapping[str, int]) -> int:
        """Places that its own calls have not taken. `serving`: calls by "workspace:agent"."""
        used = sum(calls for served, calls in serving.items() if self.covers(*served.split(":", 1)))
        return max(0, self.places - used)


def serving_of(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The calls of all workers together."""
    together: dict[str, int] = {}
    for one in several:
        for served, calls in one.items():
            if ":" in served:
                together[served] = together.get(served, 0) + calls
    return together


def held_for_others(reserved: Iterable[Reserved], serving: Mapping[str, int], workspace: str, agent: str) -> int:
    """Free places that a call of this agent may not take; 0 where places of its own are left."""
    reserved = list(reserved)
    if any(one.covers(workspace, agent) and one.unused(serving) for one in reserved):
        return 0
    return sum(one.unused(serving) for one in reserved if not one.covers(workspace, agent))
