"""Nodes of a flow in which a caller says what nobody may keep. Pure."""

from __future__ import annotations

from channels_io.live.tool_names import nodes_of
from inference.nodes import CollectNode, ExtractNode, FormNode, Node, Slot, VerifyNode
from inference.spec import AgentSpec


def sensitive_nodes(spec: AgentSpec) -> frozenset[str]:
    """Ids of nodes that ask for something masked, one-time codes among it: no sound of them is kept."""
    return frozenset(node.id for node in nodes_of(spec.flow) if _is_sensitive(node))


def _is_sensitive(node: Node) -> bool:
    match node:
        case VerifyNode():
            return True
        case CollectNode(slot=slot):
            return slot.masked
        case FormNode(slots=slots) | ExtractNode(slots=slots):
            return _any(slots)
    return False


def _any(slots: tuple[Slot, ...]) -> bool:
    return any(slot.masked for slot in slots)
