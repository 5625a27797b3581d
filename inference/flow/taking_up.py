"""Going on with a flow that a person has gone on with meanwhile: what they found out is known, wherever it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from inference.flow.graph import find, slots_of
from inference.flow.state import FlowState, Frame, Trying
from inference.nodes import FlowSpec, Node, TransferNode


def with_found(flow: FlowSpec, state: FlowState, found: Mapping[str, str], passed: tuple[str, ...]) -> FlowState:
    """The state that knows `found`, also where a node has been left half asked. `passed`: as `FlowState.retracing`.

    What the caller has yet to confirm stays to be confirmed, but for what was found anew.
    """
    frames = tuple(
        replace(frame, trying=_knowing(find(flow, frame.flow, frame.node), frame.trying, found))
        if frame.entered and frame.trying is not None
        else frame
        for frame in state.frames
    )
    here = find(flow, state.flow, state.node)
    asks = here is not None and slots_of(here)
    trying = _knowing(here, state.trying or Trying(), found) if state.trying is not None or asks else None
    return replace(
        state,
        variables={**state.variables, **found},
        frames=frames,
        trying=trying,
        retracing=passed,
        turns=max(1, state.turns),
        steps=0,
        path=(),
        heard="",
        spoke=False,
        silences=0,
        missed=False,
    )


def _knowing(node: Node | None, trying: Trying, found: Mapping[str, str]) -> Trying:
    own = {slot.name for slot in slots_of(node)} if node is not None else set()
    new = {name: value for name, value in found.items() if name in own}
    return replace(
        trying,
        values={**trying.values, **new},
        pending=tuple(name for name in trying.pending if name not in new),
        noted=tuple(name for name in trying.noted if name not in new),
        confirming="",
        attempts=0,
        asides=0,
    )


def moved_to(flow: FlowSpec, state: FlowState, node: str) -> FlowState:
    """At the door of `node` of the main flow, with all that is known; a sub-flow and what led to it are left."""
    outer: Frame | None = next((frame for frame in state.frames if not frame.entered), None)
    variables = state.variables if outer is None else outer.variables
    asked = find(flow, state.flow, state.node)
    if outer is None and state.trying is not None and asked is not None:  # said, and not confirmed yet
        own = {slot.name for slot in slots_of(asked)}
        unconfirmed = {name: value for name, value in state.trying.values.items() if name in own and value}
        variables = {**variables, **{name: value for name, value in unconfirmed.items() if not variables.get(name)}}
    return replace(
        state, node=node, flow="", frames=(), variables=variables, trying=None, stage="", saying="", ended=False
    )


def left_for_person(flow: FlowSpec, state: FlowState) -> bool:
    """Whether it ended, or was saying its last words, when the caller was put through to a person."""
    return state.put_through and _is_over(flow, state)


def come_back(flow: FlowSpec, state: FlowState) -> FlowState:
    """After an end at a person: listening where the caller asked for that person, else before the first node."""
    if not state.frames or not state.frames[-1].entered:
        return replace(moved_to(flow, state, flow.start), put_through=False)
    *outer, frame = state.frames
    return replace(
        state,
        node=frame.node,
        flow=frame.flow,
        frames=tuple(outer),
        trying=frame.trying,
        stage="listen",
        saying="",
        heard="",
        ended=False,
        put_through=False,
    )


def target_of(flow: FlowSpec, state: FlowState, wished: str) -> str:
    """The node of the main flow to go to, "" to go on where the flow stands.

    There it cannot go on that has ended, was ending, or would hand the caller to a person again: it begins anew then.
    """
    if find(flow, "", wished) is not None and (wished != state.node or state.flow or _is_over(flow, state)):
        return wished
    return flow.start if _is_over(flow, state) else ""


def _is_over(flow: FlowSpec, state: FlowState) -> bool:
    ending = state.ended or state.stage.startswith("say:finish")
    return ending or isinstance(find(flow, state.flow, state.node), TransferNode)
