"""Which tools a flow may ask for, by the names that mocks go by. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from channels_io.live.tool_names import CODE, KNOWLEDGE, MOVE, SEND, TRANSFER, nodes_of
from inference.nodes import (
    CallNode,
    FlowSpec,
    GoalNode,
    KnowledgeNode,
    MoveNode,
    Node,
    SendNode,
    TransferNode,
    VerifyNode,
)


@dataclass(frozen=True, slots=True)
class Mockable:
    name: str
    nodes: tuple[str, ...]
    """Ids of the nodes that use it."""


def mockable(flow: FlowSpec) -> list[Mockable]:
    """In the order in which the flow names them."""
    users: dict[str, list[str]] = {}
    for node in nodes_of(flow):
        for name in _tools_of(node):
            users.setdefault(name, []).append(node.id)
    return [Mockable(name, tuple(nodes)) for name, nodes in users.items()]


def _tools_of(node: Node) -> tuple[str, ...]:
    match node:
        case CallNode(tool=tool):
            return (tool,)
        case GoalNode(tools=tools):
            return tools
        case KnowledgeNode():
            return (KNOWLEDGE,)
        case SendNode():
            return (SEND,)
        case MoveNode():
            return (MOVE,)
        case VerifyNode():
            return (CODE,)
        case TransferNode():
            return (TRANSFER,)
    return ()
