"""What of a conversation is worth remembering about the person, and what of it a flow may be given later. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from agents.placeholders import is_name
from agents.variables import FACTS, REMEMBERED
from channels_io.live.tool_names import nodes_of, slots_of
from inference.events import ConversationState
from inference.nodes import (
    CallNode,
    FlowSpec,
    KnowledgeNode,
    MenuNode,
    Node,
    SetNode,
    Slot,
    SlotKind,
    SubflowNode,
)

LONGEST_VALUE: Final = 1000
LONGEST_NAME: Final = 60

_OF_THE_MOMENT: Final[frozenset[SlotKind]] = frozenset({"time", "yes_no"})


def facts_in(state: ConversationState, flows: Iterable[FlowSpec], today: date) -> dict[str, str]:
    """Variable → value of what the person has said of themselves: what nodes asked for, nothing masked.

    A day that is still to come is an appointment and not the person's; so is a time, and a yes or no.
    """
    slots = [slot for flow in flows for node in nodes_of(flow) for slot in slots_of(node)]
    masked = {slot.name for slot in slots if slot.masked}
    known = _known(state)
    found: dict[str, str] = {}
    for slot in slots:
        value = known.get(slot.name)
        if slot.name not in masked and slot.name not in FACTS and isinstance(value, str) and _lasts(slot, value, today):
            found[slot.name] = value.strip()[:LONGEST_VALUE]
    return found


def name_in(facts: Mapping[str, str], flows: Iterable[FlowSpec]) -> str:
    """How the person is called, where they were asked for it; "" where they were not."""
    for flow in flows:
        for node in nodes_of(flow):
            for slot in slots_of(node):
                if slot.kind == "name" and facts.get(slot.name):
                    return facts[slot.name]
    return ""


def given_to(flow: FlowSpec, facts: Mapping[str, str]) -> dict[str, str]:
    """The variables that a flow begins with because of earlier conversations.

    Under its own name only where the flow does not use that name itself: what it asks for it asks for. As `known_...` always.
    """
    own = {*FACTS, *(name for name, _value in flow.variables), *_written(flow)}
    given: dict[str, str] = {}
    for name, value in facts.items():
        for variable in (name, f"{REMEMBERED}{name}"):
            if variable not in own and is_name(variable):
                given[variable] = value
    return given


def _known(state: ConversationState) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for frame in state.flow.frames:
        values.update(frame.variables)
    return {**values, **state.flow.variables}


def _lasts(slot: Slot, value: str, today: date) -> bool:
    if not value.strip() or slot.kind in _OF_THE_MOMENT or len(slot.name) > LONGEST_NAME:
        return False
    if slot.kind != "date":
        return True
    try:
        return date.fromisoformat(value) < today
    except ValueError:
        return False


def _written(flow: FlowSpec) -> Iterator[str]:
    for node in nodes_of(flow):
        yield from (slot.name for slot in slots_of(node))
        yield from _results(node)


def _results(node: Node) -> Iterator[str]:
    match node:
        case MenuNode(variable=name) | KnowledgeNode(variable=name):
            yield name
        case SetNode(values=pairs) | CallNode(results=pairs):
            yield from (name for name, _ in pairs)
        case SubflowNode(inputs=inputs, outputs=outputs):
            yield from (name for name, _ in (*inputs, *outputs))
