"""Entering a node: it is counted, and does what it does first."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from inference.flow import asking, changing, moving, talking, verifying, working
from inference.flow.graph import find, key
from inference.flow.moves import Exit, Over, Result, Scene
from inference.flow.routes import stop
from inference.flow.state import FlowState
from inference.nodes import (
    BranchNode,
    CallNode,
    CollectNode,
    EndNode,
    ExtractNode,
    FormNode,
    GoalNode,
    HandoffNode,
    KnowledgeNode,
    LanguageNode,
    MenuNode,
    MoveNode,
    Node,
    SayNode,
    SendNode,
    SetNode,
    SplitNode,
    StartNode,
    SubflowNode,
    TransferNode,
    VerifyNode,
    WaitNode,
)


def arrive(scene: Scene, state: FlowState, node_id: str) -> Result:
    """A path that leads to no node ends there. Too many nodes at once, or one too often, end the conversation."""
    node = find(scene.flow, state.flow, node_id)
    if node is None:
        return state, Over()
    name, limits = key(state.flow, node_id), scene.flow.limits
    visits = state.visits.get(name, 0) + 1
    state = replace(
        state,
        node=node_id,
        stage="",
        saying="",
        trying=None,
        visits={**state.visits, name: visits},
        steps=state.steps + 1,
        path=(*state.path, name),
    )
    if state.steps > limits.steps or visits > limits.visits:
        return stop(scene, state)
    return _begin(scene, state, node)


def _begin(scene: Scene, state: FlowState, node: Node) -> Result:
    match node:
        case StartNode() | BranchNode():
            return state, Exit()
        case SayNode():
            return talking.begin_saying(scene, state, node)
        case GoalNode():
            return talking.begin_goal(scene, state, node)
        case EndNode():
            return talking.begin_end(scene, state, node)
        case CollectNode() | FormNode() | MenuNode():
            return asking.begin(scene, state, node)
        case SetNode():
            return changing.assign(scene, state, node)
        case SplitNode():
            return changing.split(scene, state, node)
        case SubflowNode():
            return changing.enter_subflow(scene, state, node)
        case ExtractNode():
            return changing.begin_extract(scene, state, node)
        case MoveNode():
            return moving.begin(scene, state, node)
        case VerifyNode():
            return verifying.begin(scene, state, node)
        case CallNode() | KnowledgeNode() | SendNode() | TransferNode() | HandoffNode() | LanguageNode() | WaitNode():
            return working.begin(scene, state, node)
        case _:
            assert_never(node)
