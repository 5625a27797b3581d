"""What must not be kept: values that an agent's maker has marked as masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from inference.flow.state import FlowState, Trying
from inference.nodes import CollectNode, ExtractNode, FlowSpec, FormNode, Node, Slot, SlotKind, VerifyNode

HIDDEN = "•••"
_COUNTED: frozenset[SlotKind] = frozenset({"digits", "phone", "number"})
"""Kinds whose values are digits: around them words may stay."""
_DIGITS = re.compile(
    r"\b(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|"
    r"sixty|seventy|eighty|ninety|hundred|thousand|double|triple|plus)\b|\S*\d\S*",
    re.IGNORECASE,
)


def masked_slots(flow: FlowSpec) -> frozenset[str]:
    """Names of the variables that no log, transcript, prompt or stored state may hold."""
    nodes = [*flow.nodes, *(node for part in flow.flows for node in part.nodes)]
    return frozenset(slot.name for node in nodes for slot in slots_of(node) if slot.masked)


def slots_of(node: Node) -> tuple[Slot, ...]:
    match node:
        case CollectNode(slot=slot):
            return (slot,)
        case VerifyNode():
            return (node.slot,)
        case FormNode(slots=slots) | ExtractNode(slots=slots):
            return slots
    return ()


def hidden(text: str, node: Node) -> str:
    """What may be kept of an answer to `node`: all of it, unless something masked is asked for."""
    kinds = {slot.kind for slot in slots_of(node) if slot.masked}
    if not kinds:
        return text
    if kinds <= _COUNTED:
        return re.sub(rf"{HIDDEN}(?:\W+{HIDDEN})+", HIDDEN, _DIGITS.sub(HIDDEN, text))
    return HIDDEN


def visible(variables: Mapping[str, Any], masked: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if name not in masked}


def without_masked(state: FlowState, masked: frozenset[str]) -> FlowState:
    """The state as it may be stored. Whoever goes on with it has to ask again."""
    if not masked:
        return state
    return msgspec.structs.replace(
        state,
        variables=visible(state.variables, masked),
        frames=tuple(
            msgspec.structs.replace(
                frame, variables=visible(frame.variables, masked), trying=_without(frame.trying, masked)
            )
            for frame in state.frames
        ),
        heard="",
        trying=_without(state.trying, masked),
    )


def _without(trying: Trying | None, masked: frozenset[str]) -> Trying | None:
    if trying is None:
        return None
    values = {name: value for name, value in trying.values.items() if name not in masked}
    return msgspec.structs.replace(trying, values=values)
