"""Nodes that talk: say word for word, a goal that the model talks towards, the end."""

from __future__ import annotations

from msgspec.structs import replace

from inference.flow.corrections import taken_back
from inference.flow.graph import edges_from
from inference.flow.moves import Enter, Exit, Over, Result, Scene, Then, say
from inference.flow.puzzled import after_choice
from inference.flow.questions import trying_of
from inference.flow.routes import by_event, by_rows, choose, options, otherwise
from inference.flow.sentences import sentence
from inference.flow.state import FlowState, Trying
from inference.flow.steps import Generate
from inference.flow.values import prompted, voiced
from inference.nodes import EndNode, FlowSpec, GoalNode, SayNode

# --- say ------------------------------------------------------------------------------------------


def begin_saying(scene: Scene, state: FlowState, node: SayNode) -> Result:
    state = replace(state, trying=Trying() if node.wait else None)
    text = voiced(scene, state, node.text)
    return say(state, text, "listen" if node.wait else "leave", interruptible=node.interruptible)


def hear_saying(scene: Scene, state: FlowState, node: SayNode, *, keypad: bool) -> Result:
    """What the caller says to a text that waits chooses the edge."""
    edge = by_rows(scene, state) or (by_event(scene, state, f"key:{state.heard.strip()}") if keypad else None)
    if edge is not None:
        return state, Enter(edge.target)
    found = [] if keypad else options(scene, state, node)
    if found:
        return replace(state, stage="choose:say"), choose(found)
    return unheard(scene, state, node)


def unheard(scene: Scene, state: FlowState, node: SayNode) -> Result:
    """Nothing that was said leads anywhere: along the else edge, or the text once more."""
    other = otherwise(scene, state)
    if other is not None:
        return state, Enter(other.target)
    if not edges_from(scene.flow, state.flow, state.node):
        return state, Over()
    return after_choice(scene, state, node)


# --- goal -----------------------------------------------------------------------------------------


def begin_goal(scene: Scene, state: FlowState, node: GoalNode) -> Result:
    """The model speaks first where the node wants it, or where the caller's words have had no answer yet."""
    state = replace(state, trying=Trying())
    if node.speaks_first or (not state.spoke and (state.turns or state.silences)):
        return generate(scene, state, node)
    return state, Then("listen")


def hear_goal(scene: Scene, state: FlowState, node: GoalNode, *, keypad: bool) -> Result:
    trying = trying_of(state)
    state = replace(state, trying=replace(trying, attempts=trying.attempts + 1))
    edge = by_rows(scene, state) or (by_event(scene, state, f"key:{state.heard.strip()}") if keypad else None)
    if edge is not None:
        return state, Enter(edge.target)
    back = None if keypad else taken_back(scene, state, state.heard)
    if back is not None:
        return back
    found = [] if keypad else options(scene, state, node)
    if found:
        return replace(state, stage="choose:goal"), choose(found)
    return generate(scene, state, node)


def generate(scene: Scene, state: FlowState, node: GoalNode) -> Result:
    return replace(state, stage="generate", spoke=True), goal_step(scene.flow, state, node)


def goal_step(flow: FlowSpec, state: FlowState, node: GoalNode) -> Generate:
    """The goal as the model reads it, with its tools."""
    return Generate(goal_with_values(flow, state, node), tuple(tool for tool in flow.tools if tool.name in node.tools))


def goal_with_values(flow: FlowSpec, state: FlowState, node: GoalNode) -> GoalNode:
    prompt = prompted(flow, state, node.prompt, {})
    return node if prompt == node.prompt else replace(node, prompt=prompt)


def spoke_goal(scene: Scene, state: FlowState, node: GoalNode) -> Result:
    """The model has answered: the caller's turn, unless that was its last, or nothing but a remark on the way."""
    state = replace(state, heard="")
    if 0 < node.max_turns <= trying_of(state).attempts:
        return state, Exit("max_turns", judged=False)
    if state.frames and not edges_from(scene.flow, state.flow, state.node):
        return state, Over()
    return state, Then("listen")


# --- end ------------------------------------------------------------------------------------------


def begin_end(scene: Scene, state: FlowState, node: EndNode) -> Result:
    """The conversation never ends in silence: where nothing was said since the caller was heard, goodbye is."""
    text = voiced(scene, state, node.text).strip()
    if not text and not state.spoke:
        text = sentence("goodbye", scene.moment.language)
    return say(state, text, f"finish:{node.reason or 'completed'}")
