"""The flow runner: what a conversation needs next. Pure and resumable: all it knows is in `FlowState`.

It does no I/O and knows no clock. `advance` is told what became of the last step and gives the next
one; in between, nodes that need nobody are passed without a step. Every way through a flow ends in a
step; whatever runs into a limit, or off the edge of a flow, ends in speech.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from inference.errors import ProtocolError
from inference.flow import asking, moving, talking, working
from inference.flow.answering import answered
from inference.flow.entering import arrive
from inference.flow.graph import find
from inference.flow.hearing import start_listening
from inference.flow.moves import Enter, Exit, Move, Over, Result, Scene, Then, say
from inference.flow.questions import listen, question
from inference.flow.returning import go_back
from inference.flow.routes import leave
from inference.flow.state import FlowState
from inference.flow.steps import Answer, Done, Finish, Moment, Step
from inference.flow.taking_up import moved_to, with_found
from inference.nodes import (
    CollectNode,
    Expects,
    FlowSpec,
    FormNode,
    GoalNode,
    MenuNode,
    MoveNode,
    Node,
    SayNode,
    TransferNode,
    VerifyNode,
)


def begin(flow: FlowSpec, facts: Mapping[str, str]) -> FlowState:
    """Before the first node. `facts`: variables that come with the conversation (caller, channel, date)."""
    return FlowState(node=flow.start, variables={**dict(flow.variables), **facts})


def advance(flow: FlowSpec, state: FlowState, answer: Answer | None, moment: Moment) -> tuple[FlowState, Step]:
    """What is needed now that the last step came to `answer`; None: whatever the state stands at, once more.

    So it is with an answer that does not fit. A state from a version without its node begins anew, with what it knows.
    """
    scene = Scene(flow, moment)
    if state.ended:
        return state, Finish(_reason(state.stage))
    node = find(flow, state.flow, state.node)
    if node is None and state.stage.startswith("say:finish") and isinstance(answer, Done):
        return _finish(state, state.stage.removeprefix("say:"))
    if node is None:
        state = replace(state, node=flow.start, flow="", stage="", frames=(), trying=None)
        return _run(scene, state, Enter(flow.start))
    return _run(scene, *answered(scene, state, node, answer))


def again(flow: FlowSpec, state: FlowState, moment: Moment) -> tuple[FlowState, Step]:
    """What is needed where an earlier leg has left the flow, for somebody who may have forgotten: the open question first."""
    node, (stage, _, rest) = find(flow, state.flow, state.node), state.stage.partition(":")
    if state.ended or node is None or stage in ("", "work") or (stage == "say" and rest != "listen"):
        return advance(flow, state, None, moment)
    return _run(Scene(flow, moment), replace(state, stage="", saying="", heard=""), Then("again"))


def take_up(
    flow: FlowSpec, state: FlowState, target: str, found: Mapping[str, str], passed: tuple[str, ...], moment: Moment
) -> tuple[FlowState, Step]:
    """What is needed after a person has talked to the caller, who told them `found`.

    `target` as `target_of` has it. `passed`: nodes that ask for nothing that is known (`FlowState.retracing`).
    """
    if not target:
        return again(flow, with_found(flow, state, found, passed), moment)
    state = with_found(flow, moved_to(flow, state, target), found, passed)
    return _run(Scene(flow, moment), state, Enter(target))


def at(flow: FlowSpec, state: FlowState) -> Node:
    """The node the conversation is at. ProtocolError when the flow has none at all."""
    node = find(flow, state.flow, state.node) or find(flow, "", flow.start)
    if node is None:
        raise ProtocolError(f"The flow has no node {state.node or flow.start!r}.", code="flow_node_unknown")
    return node


def goal_of(flow: FlowSpec, state: FlowState) -> GoalNode | None:
    """The goal the model talks towards, as `Generate` has it; None at a node of another kind."""
    node = find(flow, state.flow, state.node)
    return talking.goal_with_values(flow, state, node) if isinstance(node, GoalNode) else None


def expects(flow: FlowSpec, state: FlowState) -> Expects:
    """What the caller is asked for."""
    node = find(flow, state.flow, state.node)
    return listen(node, state, []).expects if node is not None else "any"


def _run(scene: Scene, state: FlowState, move: Move) -> tuple[FlowState, Step]:
    """Make the runner's own moves until something is needed. Bounded: each round trip enters a node, and those count."""
    while True:
        match move:
            case Enter():
                state, move = arrive(scene, state, move.node)
            case Exit():
                state, move = leave(scene, state, move)
            case Over():
                state, move = go_back(scene, state)
            case Then():
                state, move = _then(scene, state, move.what)
            case _:
                return state, move


def _then(scene: Scene, state: FlowState, what: str) -> Result:
    kind = what.partition(":")[0]
    if kind == "finish":
        return _finish(state, what)
    node = at(scene.flow, state)
    match kind:
        case "listen":
            return start_listening(scene, state, node)
        case "done":
            return asking.done(state, node)
        case "work" if isinstance(node, working.Worker):
            return working.work(scene, state, node)
        case moving.MOVED:
            return moving.leave(scene, state)
        case "leave":
            return state, Exit(what.partition(":")[2])
        case "over":
            return state, Over()
        case _:
            return _again(scene, state, node)


def _again(scene: Scene, state: FlowState, node: Node) -> Result:
    """Back at a place: its question once more."""
    match node:
        case CollectNode() | FormNode() | MenuNode():
            return asking.ask(scene, state, node)
        case SayNode() if node.wait:
            return say(state, question(scene, state, node), "listen")
        case MoveNode() | VerifyNode() if state.trying is not None:
            return say(state, question(scene, state, node), "listen")
        case GoalNode():
            return (state, Then("listen")) if state.spoke else talking.generate(scene, state, node)
        case TransferNode(to="team") if state.spoke:
            return state, Then("listen")
        case _:
            return state, Enter(node.id)


def _finish(state: FlowState, stage: str) -> tuple[FlowState, Step]:
    return replace(state, ended=True, stage=stage, saying="", trying=None), Finish(_reason(stage))


def _reason(stage: str) -> str:
    return stage.partition(":")[2]
