"""Where a path ends: back to where it was entered from, or the end of the conversation. Never in silence."""

from __future__ import annotations

from msgspec.structs import replace

from inference.flow.graph import find
from inference.flow.moves import Exit, Result, Scene, Then, say
from inference.flow.sentences import sentence
from inference.flow.state import FlowState, Frame
from inference.nodes import SubflowNode


def go_back(scene: Scene, state: FlowState) -> Result:
    """From a global node to the place it was entered from, from a sub-flow with its outputs; else goodbye."""
    if not state.frames:
        return say(state, sentence("goodbye", scene.moment.language), "finish:completed")
    *outer, frame = state.frames
    state = replace(state, frames=tuple(outer), node=frame.node, flow=frame.flow, trying=frame.trying, stage="")
    if frame.entered:
        return replace(state, heard=""), Then("again")
    return replace(state, variables=_with_outputs(scene, state, frame)), Exit()


def _with_outputs(scene: Scene, state: FlowState, frame: Frame) -> dict[str, object]:
    node = find(scene.flow, frame.flow, frame.node)
    outputs = node.outputs if isinstance(node, SubflowNode) else ()
    return {**frame.variables, **{outside: state.variables.get(inside, "") for outside, inside in outputs}}
