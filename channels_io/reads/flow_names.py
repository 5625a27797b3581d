"""What the nodes of a flow are called, and where in it an agent may go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agents.flow_field import FLOW
from agents.graph import Flow, NodeRow, read_flow
from agents.models import Version
from channels_io.models import Leg

_NOT_CHOSEN = ("start", "end")
"""Nobody sends a caller there: the flow begins there, or the call ends."""


@dataclass(frozen=True, slots=True)
class NodeChoice:
    id: str
    title: str
    kind: str


def flow_of(leg: Leg | None) -> Flow:
    """The flow that the leg runs, with its nodes' names; of a draft that nobody has kept: an empty one."""
    version: Version | None = leg.version if leg is not None else None
    return read_flow(version.draft.get(FLOW.name) if version is not None else None)


def titles_of(legs: Iterable[Leg]) -> dict[str, str]:
    """Node id → title, over all flows that the legs ran; the newest leg's word counts where two differ."""
    titles: dict[str, str] = {}
    seen: set[int] = set()
    for leg in legs:
        if leg.version_id is None or leg.version_id in seen:
            continue
        seen.add(leg.version_id)
        titles |= {node.id: node.title for graph in flow_of(leg).graphs() for node in graph.nodes}
    return titles


def choices_of(leg: Leg | None) -> tuple[NodeChoice, ...]:
    """The nodes of the main flow at which an agent may go on; empty where there is nothing to choose."""
    nodes = [node for node in flow_of(leg).main.running() if node.kind not in _NOT_CHOSEN]
    return tuple(_choice(node) for node in nodes) if len(nodes) > 1 else ()


def _choice(node: NodeRow) -> NodeChoice:
    return NodeChoice(node.id, node.title, str(node.known.label))
