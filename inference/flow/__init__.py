"""The flow runner: which node speaks next. Pure and resumable: its state is a node id and variables.

It does no I/O: it says what it needs (`Generate`, `End`) and is told what happened. A
version has one goal node for now; deterministic nodes and judged edges join this union.
"""

from __future__ import annotations

from dataclasses import dataclass

from inference.errors import ProtocolError
from inference.nodes import EndNode, FlowSpec, GoalNode, Node, ToolSpec


@dataclass(frozen=True, slots=True)
class Generate:
    """Let the model talk at this goal node, with these tools."""

    node: GoalNode
    tools: tuple[ToolSpec, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Say `text` (may be empty) and end with `reason`."""

    node: EndNode


Step = Generate | End


def node_of(flow: FlowSpec, node_id: str) -> Node:
    """The node by id, the start node for an empty id. ProtocolError when the flow lacks it."""
    wanted = node_id or flow.start
    for node in flow.nodes:
        if node.id == wanted:
            return node
    raise ProtocolError(f"The flow has no node {wanted!r}.", code="flow_node_unknown")


def next_step(flow: FlowSpec, node_id: str) -> Step:
    """What the node the conversation is at asks for now."""
    node = node_of(flow, node_id)
    match node:
        case GoalNode():
            return Generate(node, tuple(tool for tool in flow.tools if tool.name in node.tools))
        case EndNode():
            return End(node)


def follow_else(flow: FlowSpec, node_id: str) -> str:
    """The node an unconditional edge leads to, or "" when there is none."""
    for edge in flow.edges:
        if edge.source == node_id and edge.kind == "else":
            return edge.target
    return ""
