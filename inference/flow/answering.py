"""What becomes of a step: the answer to it, taken to the node that asked for it."""

from __future__ import annotations

from inference.flow import asking, changing, talking, working
from inference.flow.graph import edges_from
from inference.flow.hearing import hear, silent
from inference.flow.moves import Enter, Move, Result, Scene, Then
from inference.flow.puzzled import after_choice, aside_step, fill_step
from inference.flow.questions import listen
from inference.flow.routes import Option, choose, edge_options, follow, leave_unjudged, options
from inference.flow.state import FlowState
from inference.flow.steps import Answer, Chosen, Done, Fill, Filled, Heard, Say, Silence
from inference.nodes import ExtractNode, GoalNode, Node, SayNode


def answered(scene: Scene, state: FlowState, node: Node, answer: Answer | None) -> Result:
    """The move after the step that the state stands at; that step again when the answer does not fit."""
    stage, _, rest = state.stage.partition(":")
    match stage, answer:
        case "", _:
            return state, Enter(state.node)
        case "say", Done():
            return state, Then(rest)
        case "listen" | "generate" | "aside", Heard():
            return hear(scene, state, node, answer)
        case "say", Heard() if rest == "listen":
            return hear(scene, state, node, answer)
        case "listen", Silence():
            return silent(scene, state, node)
        case "generate", Done() if isinstance(node, GoalNode):
            return talking.spoke_goal(scene, state, node)
        case "aside", Done():
            return state, Then("again")
        case "choose", Chosen():
            return _chosen(scene, state, node, answer.option)
        case "fill", Filled() if isinstance(node, ExtractNode):
            return changing.extracted(scene, state, node, answer.values)
        case "fill", Filled():
            return asking.filled(scene, state, node, answer.values)
        case "work", _ if answer is not None and isinstance(node, working.Worker):
            return working.worked(scene, state, node, answer) or (state, current(scene, state, node))
        case _:
            return state, current(scene, state, node)


def current(scene: Scene, state: FlowState, node: Node) -> Move:
    """The step that the state stands at. A stage that the node does not know (of another version) begins it anew."""
    stage = state.stage.partition(":")[0]
    match stage, node:
        case "say", _:
            return Say(state.saying, node.interruptible if isinstance(node, SayNode) else True)
        case "listen", _:
            return listen(node, state, edges_from(scene.flow, state.flow, state.node))
        case "generate", GoalNode():
            return talking.goal_step(scene.flow, state, node)
        case "aside", _:
            return aside_step(scene, state, node)
        case "choose", _:
            return choose(_offered(scene, state, node))
        case "fill", ExtractNode():
            return Fill(node.slots, whole=True)
        case "fill", _:
            return fill_step(state, node)
        case "work", _ if isinstance(node, working.Worker):
            return working.work_step(scene, state, node)
        case _:
            return Enter(state.node)


def _offered(scene: Scene, state: FlowState, node: Node) -> list[Option]:
    leaving = state.stage.startswith("choose:leave")
    return edge_options(scene, state) if leaving else options(scene, state, node)


def _chosen(scene: Scene, state: FlowState, node: Node, chosen: int | None) -> Result:
    offered = _offered(scene, state, node)
    option = offered[chosen] if chosen is not None and 0 <= chosen < len(offered) else None
    if option is not None and option.kind == "choice":
        return asking.chosen(scene, state, node, option.target)
    if option is not None:
        return follow(scene, state, option)
    why = state.stage.removeprefix("choose:")
    if why.startswith("leave"):
        return leave_unjudged(scene, state, why.partition(":")[2])
    match node:
        case GoalNode():
            return talking.generate(scene, state, node)
        case SayNode():
            return talking.unheard(scene, state, node)
        case _:
            return after_choice(scene, state, node)
