"""The answers that a flow offers where it stands: what becomes buttons or a list. Pure."""

from __future__ import annotations

from channels_io.live.tool_names import nodes_of
from channels_io.messaging.content import Choice
from inference.events import ConversationState
from inference.nodes import Choice as FlowChoice
from inference.nodes import CollectNode, FormNode, MenuNode, Slot
from inference.spec import AgentSpec


def asked_choices(state: ConversationState | None, spec: AgentSpec) -> tuple[Choice, ...]:
    """() unless the agent waits for one of several answers that it can name."""
    if state is None or state.agent not in ("", spec.agent):
        return ()
    flow = state.flow
    if flow.ended or flow.stage != "listen":
        return ()
    trying = flow.trying
    if trying is not None and trying.confirming:
        return ()
    for node in nodes_of(spec.flow):
        if node.id != flow.node:
            continue
        match node:
            case MenuNode(choices=choices):
                return _choices(choices)
            case CollectNode(slot=slot):
                return _of_slot(slot)
            case FormNode(slots=slots) if trying is not None:
                return next((_of_slot(slot) for slot in slots if slot.name == trying.slot), ())
    return ()


def _of_slot(slot: Slot) -> tuple[Choice, ...]:
    return _choices(slot.choices) if slot.kind == "choice" and not slot.masked else ()


def _choices(choices: tuple[FlowChoice, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(choice.value, choice.label or choice.value) for choice in choices)
