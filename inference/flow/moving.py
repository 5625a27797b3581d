"""Move: the conversation goes on in messages. The caller is asked, a message is sent, this leg ends; the flow does not."""

from __future__ import annotations

from msgspec.structs import replace

from inference import slots
from inference.flow.moves import Exit, Result, Scene, Then, say
from inference.flow.puzzled import missed, puzzled
from inference.flow.questions import question
from inference.flow.routes import FAILURE, by_event, otherwise
from inference.flow.sentences import sentence
from inference.flow.state import FlowState, Trying
from inference.flow.steps import Called, Finish
from inference.flow.values import voiced
from inference.nodes import CONSENT, MoveNode

DECLINED = "declined"
MOVED = "moved"
_SUCCESS = "success"


def begin(scene: Scene, state: FlowState, node: MoveNode) -> Result:
    if not node.ask.strip():
        return state, Then("work")
    state = replace(state, trying=Trying(slot=CONSENT), heard="")
    return say(state, question(scene, state, node), "listen")


def hear(scene: Scene, state: FlowState, node: MoveNode, *, keypad: bool) -> Result:
    """Whether the caller wants it."""
    parsed = slots.parse(node.slot, state.heard, scene.moment, keypad=keypad)
    if parsed is None:
        return missed(scene, state, node) if keypad else puzzled(scene, state, node)
    state = replace(state, heard="", trying=None)
    return (state, Then("work")) if parsed.value == "yes" else (state, Exit(DECLINED))


def called(scene: Scene, state: FlowState, node: MoveNode, answer: Called) -> Result:
    state = replace(state, collected=())
    if not answer.ok:
        return state, Exit(FAILURE)
    goodbye = voiced(scene, state, node.goodbye).strip() or sentence("moved", scene.moment.language)
    return say(state, goodbye, MOVED)


def leave(scene: Scene, state: FlowState) -> Result:
    """This leg is over. The flow stands before the next node: entered when the person writes, or calls."""
    edge = by_event(scene, state, _SUCCESS) or otherwise(scene, state)
    if edge is None:
        return state, Then(f"finish:{MOVED}")
    state = replace(state, node=edge.target, stage="", saying="", trying=None, heard="", said="", steps=0, path=())
    return state, Finish(MOVED)
