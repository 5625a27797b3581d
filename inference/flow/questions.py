"""What a node that asks is asking just now, and how the caller may answer. Nothing here changes the state."""

from __future__ import annotations

from inference import slots
from inference.flow.graph import key, slots_of
from inference.flow.moves import Scene
from inference.flow.sentences import as_sentence, sentence
from inference.flow.state import FlowState, Trying
from inference.flow.steps import Listen
from inference.flow.values import voiced
from inference.nodes import (
    CollectNode,
    Edge,
    FormNode,
    GoalNode,
    MenuNode,
    MoveNode,
    Node,
    SayNode,
    Slot,
    VerifyNode,
)

ALL = "*"
"""`Trying.confirming` of a form's summary."""


def trying_of(state: FlowState) -> Trying:
    return state.trying or Trying()


def slot_named(node: Node, name: str) -> Slot | None:
    return next((slot for slot in slots_of(node) if slot.name == name), None)


def open_slots(node: Node, trying: Trying) -> list[Slot]:
    return [slot for slot in slots_of(node) if slot.name not in trying.values]


def called(slot: Slot) -> str:
    """What a slot is called in speech."""
    return slot.label or slot.name.replace("_", " ")


def question(scene: Scene, state: FlowState, node: Node) -> str:
    """The question the node stands at; "" of a node that asks nothing."""
    trying, language = trying_of(state), scene.moment.language
    match node:
        case SayNode():
            return voiced(scene, state, node.text)
        case CollectNode() | FormNode() | MenuNode():
            if trying.pending:
                return sentence("confirm", language, as_sentence(read_back(scene, node, trying.pending, trying)))
            if trying.confirming == ALL:
                return _summary(scene, state, node)
            slot = slot_named(node, trying.slot)
            if slot is None:
                return sentence("what_wrong", language)
            return voiced(scene, state, slot.ask) or sentence("what_is", language, called(slot))
        case MoveNode() | VerifyNode():
            return voiced(scene, state, node.ask) or sentence("what_is", language, called(node.slot))
        case _:
            return ""


def question_again(scene: Scene, state: FlowState, node: Node) -> str:
    """The question after an answer that was not understood."""
    trying = trying_of(state)
    slot = slot_named(node, trying.slot)
    if slot is not None and slot.retry and not trying.confirming:
        return voiced(scene, state, slot.retry)
    return f"{sentence('retry', scene.moment.language)} {question(scene, state, node)}"


def read_back(scene: Scene, node: Node, names: tuple[str, ...], trying: Trying) -> str:
    """The values of these slots in one phrase: "Peter Hill, Tuesday the 24th of November"."""
    parts = [
        slots.read_back(slot, trying.values[slot.name], scene.moment)
        for slot in slots_of(node)
        if slot.name in names and trying.values.get(slot.name)
    ]
    return ", ".join(part for part in parts if part)


def listen(node: Node, state: FlowState, edges: list[Edge]) -> Listen:
    """How the caller's answer to the node is listened to."""
    if isinstance(node, GoalNode):
        return Listen(node.expects, _one_key(edges))
    trying = trying_of(state)
    if trying.confirming:
        return Listen("yes_no", 1)
    slot = slot_named(node, trying.slot)
    if slot is None:
        return Listen("any", _one_key(edges))
    return Listen(slots.expects_of(slot), _keys_of(slot), slot.masked)


def _summary(scene: Scene, state: FlowState, node: Node) -> str:
    text = voiced(scene, state, node.summary) if isinstance(node, FormNode) else ""
    if text.rstrip().endswith("?"):
        return text
    return f"{text} {sentence('right', scene.moment.language)}".strip()


def _keys_of(slot: Slot) -> int:
    """How many keys are a whole answer; 0 where their number is open."""
    if not slot.keypad:
        return 0
    if slot.kind in ("digits", "spelling") and slot.minimum is not None and slot.minimum == slot.maximum:
        return max(0, int(slot.minimum))
    if slot.kind == "yes_no":
        return 1
    if slot.kind == "choice" and slot.choices and all(len(choice.key) == 1 for choice in slot.choices):
        return 1
    return 0


def _one_key(edges: list[Edge]) -> int:
    keys = [edge.event.removeprefix("key:") for edge in edges if edge.event.startswith("key:")]
    return 1 if keys and all(len(pressed) == 1 for pressed in keys) else 0


def place(state: FlowState) -> str:
    """The name of where the conversation is, in all flows of the version."""
    return key(state.flow, state.node)
