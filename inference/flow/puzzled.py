"""Words that answer nothing: what they may mean instead, an aside, a second look by the model, or the question again."""

from __future__ import annotations

from msgspec.structs import replace

from inference import slots
from inference.flow.moves import Exit, Result, Scene, say
from inference.flow.questions import open_slots, question, question_again, slot_named, trying_of
from inference.flow.remarks import asks
from inference.flow.routes import NO_MATCH, choose, options
from inference.flow.state import FlowState
from inference.flow.steps import Fill, Generate
from inference.flow.taking import take
from inference.nodes import GoalNode, Node, SlotKind, TransferNode

MOST_ASIDES = 3
ATTEMPTS = 3
"""Of a node that does not say how many."""
LONG = 5
"""Words; with that many, people say something, and do not just answer badly."""
FILLABLE: frozenset[SlotKind] = frozenset({"text", "name", "address"})
"""What a model may find where rules do not; of the others, what has no value by rules has none."""


def puzzled(scene: Scene, state: FlowState, node: Node) -> Result:
    """Nothing in what the caller said answers the question for sure."""
    found = options(scene, state, node)
    if found:
        return replace(state, stage="choose:puzzled"), choose(found)
    return after_choice(scene, state, node)


def after_choice(scene: Scene, state: FlowState, node: Node) -> Result:
    """Nor does it mean any of the options."""
    trying = trying_of(state)
    slot = slot_named(node, trying.slot)
    if asks(state.heard) and trying.asides < MOST_ASIDES:
        return aside(scene, state, node)
    if slot is None or trying.confirming or slot.kind not in FILLABLE:
        return after_fill(scene, state, node)
    plain = slots.parse(slot, state.heard, scene.moment) if slot.kind == "text" else None
    if plain is not None:
        taken = take(scene, state, node, {slot.name: plain})
        return missed(scene, state, node, taken.problem) if taken.problem else say(taken.state, "", "ask")
    if slot.masked or slots.yes_no(state.heard, scene.moment.language) is not None:
        return after_fill(scene, state, node)
    return replace(state, stage="fill"), fill_step(state, node)


def fill_step(state: FlowState, node: Node) -> Fill:
    """Of what is still open, whatever a model may find in the caller's words."""
    wanted = open_slots(node, trying_of(state))
    return Fill(tuple(slot for slot in wanted if slot.kind in FILLABLE and not slot.masked))


def after_fill(scene: Scene, state: FlowState, node: Node) -> Result:
    """Nor did the model find a value."""
    if len(state.heard.split()) >= LONG and trying_of(state).asides < MOST_ASIDES:
        return aside(scene, state, node)
    return missed(scene, state, node)


def aside(scene: Scene, state: FlowState, node: Node) -> Result:
    """Answer what the caller wants to know; the question follows again."""
    trying = trying_of(state)
    state = replace(state, trying=replace(trying, asides=trying.asides + 1), stage="aside", spoke=True)
    return state, aside_step(scene, state, node)


def aside_step(scene: Scene, state: FlowState, node: Node) -> Generate:
    if isinstance(node, TransferNode):
        return Generate(GoalNode(node.id, ""), (), "The caller waits for a colleague of yours, who has been asked.")
    asking = question(scene, state, node)
    return Generate(
        GoalNode(node.id, ""), (), f"You are asking: “{asking}” That question follows right after your answer."
    )


def missed(scene: Scene, state: FlowState, node: Node, problem: str = "") -> Result:
    """One more answer of no use. `problem`: what was wrong with it, in words."""
    trying = trying_of(state)
    attempts = trying.attempts + 1
    slot = slot_named(node, trying.slot)
    state = replace(state, trying=replace(trying, attempts=attempts), heard="", missed=True)
    if attempts >= max(1, slot.attempts if slot is not None else ATTEMPTS):
        return state, Exit(NO_MATCH, judged=False)
    text = f"{problem} {question(scene, state, node)}" if problem else question_again(scene, state, node)
    return say(state, text, "listen")
