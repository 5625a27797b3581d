"""Looking things up in a compiled flow: nodes, edges, slots. A flow is small; nothing is kept between calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.nodes import (
    CollectNode,
    Edge,
    ExtractNode,
    FlowSpec,
    FormNode,
    MenuNode,
    MoveNode,
    Node,
    Slot,
    Subflow,
    VerifyNode,
)

CHOICE = "choice"
"""Name of a menu's slot where the menu keeps its answer in no variable."""


def subflow(flow: FlowSpec, flow_id: str) -> Subflow | None:
    return next((inner for inner in flow.flows if inner.id == flow_id), None)


def nodes_of(flow: FlowSpec, flow_id: str) -> Sequence[Node]:
    """The nodes of the main flow ("") or of a sub-flow; none of a sub-flow that does not exist."""
    if not flow_id:
        return flow.nodes
    inner = subflow(flow, flow_id)
    return inner.nodes if inner is not None else ()


def find(flow: FlowSpec, flow_id: str, node_id: str) -> Node | None:
    return next((node for node in nodes_of(flow, flow_id) if node.id == node_id), None)


def edges_from(flow: FlowSpec, flow_id: str, node_id: str) -> list[Edge]:
    """The edges that leave a node, the smallest priority first."""
    inner = subflow(flow, flow_id) if flow_id else None
    edges = flow.edges if not flow_id else inner.edges if inner is not None else ()
    return sorted((edge for edge in edges if edge.source == node_id), key=lambda edge: edge.priority)


def key(flow_id: str, node_id: str) -> str:
    """One name for a node in all flows of a version: "book" in the main one, "address/ask" in a sub-flow."""
    return f"{flow_id}/{node_id}" if flow_id else node_id


def slots_of(node: Node) -> tuple[Slot, ...]:
    """What a node asks for; a menu asks for one choice."""
    match node:
        case VerifyNode():
            return (node.slot,)
        case MoveNode():
            return (node.slot,) if node.ask.strip() else ()
        case CollectNode():
            return (node.slot,)
        case FormNode():
            return node.slots
        case MenuNode():
            return (
                Slot(
                    node.variable or CHOICE,
                    "choice",
                    node.text,
                    choices=node.choices,
                    retry=node.retry,
                    attempts=node.attempts,
                ),
            )
        case _:
            return ()


def all_slots(flow: FlowSpec) -> Iterator[Slot]:
    """Every slot of the version: what kind of thing a variable holds."""
    for nodes in (flow.nodes, *(inner.nodes for inner in flow.flows)):
        for node in nodes:
            yield from node.slots if isinstance(node, ExtractNode) else slots_of(node)
