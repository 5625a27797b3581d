"""Keeping what was found: values go into the form, and into variables as soon as nobody has to confirm them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from inference import slots
from inference.flow.graph import CHOICE, slots_of
from inference.flow.moves import Scene
from inference.flow.questions import place, trying_of
from inference.flow.state import FlowState
from inference.flow.templates import names, text_of
from inference.nodes import CollectNode, FormNode, MenuNode, Node, Slot
from inference.slots import Parsed

MOST_COLLECTED = 30


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the values. `problem`: in words, of the first that is not allowed; "" when all are."""

    state: FlowState
    problem: str = ""


def take(scene: Scene, state: FlowState, node: Node, found: Mapping[str, Parsed]) -> Taken:
    """Keep the values that are allowed. One that is a guess has to be confirmed even where the slot asks for nothing."""
    trying, variables, heard = trying_of(state), dict(state.variables), state.heard
    values, problem = dict(trying.values), ""
    pending, noted = list(trying.pending), list(trying.noted)
    for slot in slots_of(node):
        parsed = found.get(slot.name)
        if parsed is None:
            continue
        code = slots.check(slot, parsed.value, scene.moment)
        if code:
            problem = problem or slots.problem_text(code, slot, scene.moment.language)
            continue
        values[slot.name] = parsed.value
        heard = without(heard, parsed.words)
        pending = [name for name in pending if name != slot.name]
        noted = [name for name in noted if name != slot.name]
        if slot.confirm == "explicit" or not (parsed.sure or _summed_up(node, slot)):
            pending.append(slot.name)
            continue
        if slot.confirm == "implicit":
            noted.append(slot.name)
        if _keeps(node):
            variables[slot.name] = parsed.value
    after = replace(trying, values=values, pending=tuple(pending), noted=tuple(noted), confirming="")
    if values != trying.values:
        after = replace(after, attempts=0, asides=0)
    return Taken(replace(state, trying=after, variables=variables, heard=heard), problem)


def skip(state: FlowState, node: Node, slot: Slot) -> FlowState:
    """The caller has no answer to a slot that needs none."""
    trying = trying_of(state)
    after = replace(trying, values={**trying.values, slot.name: ""}, attempts=0)
    variables = {**state.variables, slot.name: ""} if _keeps(node) else state.variables
    return replace(state, trying=after, variables=variables, heard="")


def reopen(state: FlowState, names: tuple[str, ...]) -> FlowState:
    """These slots are asked again, the first of them first."""
    trying = trying_of(state)
    after = replace(
        trying,
        slot=names[0] if names else trying.slot,
        values={name: value for name, value in trying.values.items() if name not in names},
        pending=tuple(name for name in trying.pending if name not in names),
        confirming="",
    )
    variables = {name: "" if name in names else value for name, value in state.variables.items()}
    return replace(state, trying=after, variables=variables, heard="")


def confirmed(state: FlowState, node: Node) -> FlowState:
    """The caller has said that what was read back is right."""
    trying = trying_of(state)
    variables = dict(state.variables)
    if _keeps(node):
        variables.update({name: trying.values[name] for name in trying.pending if name in trying.values})
    after = replace(trying, pending=(), confirming="", attempts=0)
    return replace(state, trying=after, variables=variables, heard="")


def finished(state: FlowState, node: Node) -> FlowState:
    """All is known: the node may be taken back later by "no, Tuesday"."""
    name = place(state)
    others = tuple(other for other in state.collected if other != name)
    return replace(state, collected=(*others, name)[-MOST_COLLECTED:], trying=None)


def known_already(scene: Scene, state: FlowState, node: Node) -> dict[str, str]:
    """What a node need not ask: variables that have got an allowed value since the conversation began."""
    beginning = dict(scene.flow.variables)
    values = {slot.name: text_of(state.variables.get(slot.name)) for slot in slots_of(node)}
    return {
        slot.name: values[slot.name]
        for slot in slots_of(node)
        if values[slot.name]
        and values[slot.name] != beginning.get(slot.name)
        and not slots.check(slot, values[slot.name], scene.moment)
    }


def without(text: str, words: str) -> str:
    """`text` less the words that have been used, so that no other node uses them again."""
    if not words:
        return text
    before, found, after = text.partition(words)
    return f"{before.rstrip()} {after.lstrip()}".strip() if found else ""


def _summed_up(node: Node, slot: Slot) -> bool:
    """Whether the form's summary will read the value back anyway."""
    return isinstance(node, FormNode) and slot.name in names(node.summary)


def _keeps(node: Node) -> bool:
    return not isinstance(node, MenuNode) or bool(node.variable)


def answer_of(node: Node, values: Mapping[str, str]) -> str:
    """The event that names the answer of a menu, or of a node that collects one choice."""
    match node:
        case MenuNode():
            return f"choice:{values.get(node.variable or CHOICE, '')}"
        case CollectNode() if node.slot.kind in ("choice", "yes_no"):
            return f"choice:{values.get(node.slot.name, '')}"
        case _:
            return ""
