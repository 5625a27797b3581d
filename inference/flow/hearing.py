"""The caller's turn: words, keys or silence, first looked at as a whole and then by the node that listens."""

from __future__ import annotations

from msgspec.structs import replace

from inference.flow import asking, moving, talking, verifying
from inference.flow.graph import edges_from
from inference.flow.moves import Enter, Exit, Result, Scene, Then, say
from inference.flow.puzzled import aside
from inference.flow.questions import listen, question
from inference.flow.remarks import waits
from inference.flow.routes import NO_MATCH, by_event, by_global_rows, enter_global, otherwise, stop
from inference.flow.sentences import sentence
from inference.flow.state import FlowState
from inference.flow.steps import Heard
from inference.nodes import CollectNode, FormNode, GoalNode, MenuNode, MoveNode, Node, SayNode, TransferNode, VerifyNode

LONGEST_HEARD = 4000
MOST_SILENCES = 3
"""Rounds until the conversation ends; with an edge for silence, twice as many."""


def start_listening(scene: Scene, state: FlowState, node: Node) -> Result:
    """The caller's turn, never before they have been told anything."""
    if not state.spoke and (state.turns or state.silences):
        return say(state, sentence("go_on", scene.moment.language), "listen")
    step = listen(node, state, edges_from(scene.flow, state.flow, state.node))
    return replace(state, stage="listen", saying="", heard=""), step


def hear(scene: Scene, state: FlowState, node: Node, heard: Heard) -> Result:
    """Limits, then global nodes by their conditions, then the node itself."""
    masked = listen(node, state, []).masked
    text = heard.text[:LONGEST_HEARD]
    state = replace(
        state,
        turns=state.turns + 1,
        steps=0,
        path=(),
        heard=text,
        said="" if masked else text,
        spoke=False,
        silences=0,
        stage="",
        saying="",
        missed=False,
        put_through=False,
    )
    if _spent(scene, state):
        return stop(scene, state)
    state, place = by_global_rows(scene, state)
    if place is not None:
        return enter_global(scene, state, place)
    match node:
        case GoalNode():
            result = talking.hear_goal(scene, state, node, keypad=heard.keypad)
        case SayNode():
            result = talking.hear_saying(scene, state, node, keypad=heard.keypad)
        case CollectNode() | FormNode() | MenuNode() if not heard.keypad and waits(text) and _english(scene):
            return say(replace(state, heard=""), sentence("take_time", scene.moment.language), "listen")
        case CollectNode() | FormNode() | MenuNode():
            result = asking.hear(scene, state, node, keypad=heard.keypad)
        case MoveNode():
            result = moving.hear(scene, state, node, keypad=heard.keypad)
        case VerifyNode():
            result = verifying.hear(scene, state, node, keypad=heard.keypad)
        case TransferNode(to="team"):  # It waits for a person, and asks something else meanwhile.
            result = aside(scene, state, node)
        case _:
            return state, Then("again")
    return (replace(result[0], heard=""), result[1]) if heard.keypad else result


def silent(scene: Scene, state: FlowState, node: Node) -> Result:
    """An edge for it; else the question again, then whatever leads on, then a polite end."""
    state = replace(state, silences=state.silences + 1, steps=0, path=(), heard="", spoke=False, stage="", saying="")
    if _spent(scene, state):
        return stop(scene, state)
    edge = by_event(scene, state, "silence")
    if edge is not None and state.silences < 2 * MOST_SILENCES:
        return state, Enter(edge.target)
    if state.silences >= MOST_SILENCES:
        return say(state, sentence("silence", scene.moment.language), "finish:silence")
    if isinstance(node, GoalNode):
        return say(state, sentence("still_there", scene.moment.language), "listen")
    if state.silences > 1 and (by_event(scene, state, NO_MATCH) or otherwise(scene, state)) is not None:
        return state, Exit(NO_MATCH)
    return say(state, question(scene, state, node) or sentence("still_there", scene.moment.language), "listen")


def _english(scene: Scene) -> bool:
    return scene.moment.language.lower().startswith("en")


def _spent(scene: Scene, state: FlowState) -> bool:
    """Whether the conversation has used up what its flow allows."""
    limits, moment = scene.flow.limits, scene.moment
    return state.turns > limits.turns or moment.seconds > limits.seconds or 0 < limits.tokens < moment.tokens
