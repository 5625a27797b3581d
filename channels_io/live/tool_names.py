"""Which tools a compiled agent names, and which of their arguments the record must not hold. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from agents.placeholders import names_in
from agents.tools.arguments import BadArguments, decode_arguments
from inference.nodes import (
    CallNode,
    CollectNode,
    ExtractNode,
    FlowSpec,
    FormNode,
    HandoffNode,
    KnowledgeNode,
    MoveNode,
    Node,
    SendNode,
    Slot,
    TransferNode,
    VerifyNode,
)
from inference.spec import AgentSpec

AGENT: Final = "parley.agent"
SEND: Final = "parley.send"
TRANSFER: Final = "parley.transfer"
KNOWLEDGE: Final = "parley.knowledge"
MOVE: Final = "parley.move"
CODE: Final = "parley.code"
CODE_DIGITS: Final = "digits"
"""The argument that carries what the caller has typed or said of a one-time code."""
OWN_REQUEST: Final = "node:"
"""Before the id of a node whose request is its own."""


def named_by(spec: AgentSpec, name: str, arguments: str) -> bool:
    """Whether the agent has this tool; of a hand-off, whether it goes to an agent that a node names."""
    if name != AGENT:
        return name in _names(spec.flow)
    agent = handed_to(name, arguments)
    return any(isinstance(node, HandoffNode) and node.agent == agent for node in nodes_of(spec.flow))


def handed_to(name: str, arguments: str) -> str:
    """The agent that a hand-off goes to; "" for anything else."""
    if name != AGENT:
        return ""
    try:
        agent = decode_arguments(arguments).get("agent")
    except BadArguments:
        return ""
    return agent if isinstance(agent, str) else ""


def masked_arguments(spec: AgentSpec, name: str) -> frozenset[str]:
    """Arguments of this tool that carry the value of a masked slot."""
    return _masked(spec.flow, name)


def nodes_of(flow: FlowSpec) -> Iterator[Node]:
    """Those of its sub-flows too."""
    yield from flow.nodes
    for inner in flow.flows:
        yield from inner.nodes


@lru_cache(256)
def _names(flow: FlowSpec) -> frozenset[str]:
    names = {tool.name for tool in flow.tools}
    for node in nodes_of(flow):
        match node:
            case CallNode(tool=tool):
                names.add(tool)
            case SendNode():
                names.add(SEND)
            case MoveNode():
                names.add(MOVE)
            case VerifyNode():
                names.add(CODE)
            case TransferNode():
                names.add(TRANSFER)
            case KnowledgeNode():
                names.add(KNOWLEDGE)
    return frozenset(names)


@lru_cache(256)
def _masked(flow: FlowSpec, name: str) -> frozenset[str]:
    masked = {slot.name for node in nodes_of(flow) for slot in slots_of(node) if slot.masked}
    hidden = {CODE_DIGITS} if name == CODE else set(masked)
    if masked:
        for node in nodes_of(flow):
            if isinstance(node, CallNode) and node.tool == name:
                hidden |= {argument for argument, template in node.arguments if masked & set(names_in(template))}
    return frozenset(hidden)


def slots_of(node: Node) -> tuple[Slot, ...]:
    """What a node finds out and keeps in variables."""
    match node:
        case CollectNode(slot=slot):
            return (slot,)
        case FormNode(slots=slots) | ExtractNode(slots=slots):
            return slots
    return ()
