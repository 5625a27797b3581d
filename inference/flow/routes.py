"""Which way it goes: condition rows, then events, then what the model judges, then else."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from inference.flow.conditions import hold
from inference.flow.graph import edges_from, find, slots_of
from inference.flow.moves import Enter, Exit, Move, Over, Result, Scene, say
from inference.flow.questions import trying_of
from inference.flow.sentences import sentence
from inference.flow.state import FlowState, Frame
from inference.flow.steps import Choose
from inference.flow.values import known, voiced
from inference.nodes import Edge, Global, MoveNode, Node, VerifyNode

NO_MATCH = "no_match"
FAILURE = "failure"
MOST_OPTIONS = 50
"""A model is asked for one letter, and one of them means "none"."""
MOST_FRAMES = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may hold after what the caller said. `target`: a node, or the value of a choice."""

    label: str
    kind: Literal["choice", "edge", "global"]
    target: str


# --- edges ----------------------------------------------------------------------------------------


def by_rows(scene: Scene, state: FlowState) -> Edge | None:
    """The first condition edge of the node that holds."""
    values = known(state, scene.moment.facts)
    return next((edge for edge in _edges(scene, state, "condition") if hold(edge.rows, edge.match, values)), None)


def by_event(scene: Scene, state: FlowState, *events: str) -> Edge | None:
    """The edge of the first of these events that has one."""
    edges = _edges(scene, state, "event")
    return next((edge for event in events if event for edge in edges if edge.event == event), None)


def otherwise(scene: Scene, state: FlowState) -> Edge | None:
    return next(iter(_edges(scene, state, "else")), None)


def leave(scene: Scene, state: FlowState, going: Exit) -> Result:
    """The node is done: along its edges, or where none leads, to the end of the path."""
    if going.event == NO_MATCH:
        going = dataclasses.replace(going, event=_unanswered(scene, state))
    edge = by_rows(scene, state) or by_event(scene, state, going.event)
    other = otherwise(scene, state)
    if edge is None and (going.judged or other is None) and going.event != NO_MATCH and state.turns:
        labels = tuple(option.label for option in edge_options(scene, state))
        if labels:
            return replace(state, stage=f"choose:leave:{going.event}"), Choose(labels)
    edge = edge or other
    return (state, Enter(edge.target)) if edge is not None else _astray(scene, state, going.event)


def _unanswered(scene: Scene, state: FlowState) -> str:
    """What it comes to that a caller did not answer: without a clear yes nothing is sent, without a code nothing is proved."""
    match find(scene.flow, state.flow, state.node):
        case MoveNode():
            return "declined"
        case VerifyNode():
            return FAILURE
        case _:
            return NO_MATCH


def leave_unjudged(scene: Scene, state: FlowState, event: str) -> Result:
    """None of the judged edges holds."""
    other = otherwise(scene, state)
    return (state, Enter(other.target)) if other is not None else _astray(scene, state, event)


def _astray(scene: Scene, state: FlowState, event: str) -> Result:
    language = scene.moment.language
    if event == NO_MATCH:
        return say(state, sentence("apology", language), "finish:no_match")
    if event == FAILURE:
        return say(state, sentence("failed", language), "over")
    return state, Over()


def _edges(scene: Scene, state: FlowState, kind: str) -> list[Edge]:
    return [edge for edge in edges_from(scene.flow, state.flow, state.node) if edge.kind == kind]


# --- what the model judges --------------------------------------------------------------------------


def edge_options(scene: Scene, state: FlowState) -> list[Option]:
    edges = _edges(scene, state, "judged")
    options = [Option(voiced(scene, state, edge.label).strip(), "edge", edge.target) for edge in edges]
    return [option for option in options if option.label][:MOST_OPTIONS]


def options(scene: Scene, state: FlowState, node: Node) -> list[Option]:
    """All that what the caller said may mean here: the choices asked for, the judged edges, the judged globals."""
    trying = trying_of(state)
    found = []
    for slot in slots_of(node):
        if slot.kind == "choice" and slot.name == trying.slot and not trying.confirming:
            found += [
                Option(f"the answer is “{choice.label or choice.value}”", "choice", choice.value)
                for choice in slot.choices
            ]
    found += edge_options(scene, state)
    for place in globals_here(scene, state):
        if label := voiced(scene, state, place.label).strip():
            found.append(Option(label, "global", place.node))
    return found[:MOST_OPTIONS]


def choose(found: Sequence[Option]) -> Choose:
    """Of globals it is asked twice: a small model that may choose among many things would rather choose than not."""
    doubted = tuple(place for place, option in enumerate(found) if option.kind == "global")
    return Choose(tuple(option.label for option in found), doubted)


def follow(scene: Scene, state: FlowState, option: Option) -> Result:
    """Go where a judged edge or a global leads."""
    if option.kind == "global":
        place = next((place for place in scene.flow.globals if place.node == option.target), None)
        return enter_global(scene, state, place) if place is not None else (state, Over())
    return state, Enter(option.target)


# --- global nodes -----------------------------------------------------------------------------------


def globals_here(scene: Scene, state: FlowState) -> list[Global]:
    """The global nodes that may be entered from here: not the one the conversation is at, or has come from."""
    inside = {frame.entered for frame in state.frames} | ({state.node} if not state.flow else set())
    return [place for place in scene.flow.globals if place.node not in inside]


def by_global_rows(scene: Scene, state: FlowState) -> tuple[FlowState, Global | None]:
    """The first global node whose conditions have begun to hold, and the state that remembers them."""
    values = known(state, scene.moment.facts)
    held = tuple(place.node for place in scene.flow.globals if hold(place.rows, place.match, values))
    begun = [place for place in globals_here(scene, state) if place.node in held and place.node not in state.held]
    return replace(state, held=held), begun[0] if begun else None


def enter_global(scene: Scene, state: FlowState, place: Global) -> Result:
    if not place.returns:
        outer = next((frame.variables for frame in state.frames if not frame.entered), state.variables)
        return replace(state, flow="", frames=(), variables=outer), Enter(place.node)
    frame = Frame(state.node, state.flow, entered=place.node, trying=state.trying)
    return push(scene, replace(state, flow=""), frame, Enter(place.node))


def push(scene: Scene, state: FlowState, frame: Frame, move: Move) -> Result:
    """Remember a place to go back to; too many of them end the conversation."""
    if len(state.frames) >= MOST_FRAMES:
        return stop(scene, state)
    return replace(state, frames=(*state.frames, frame)), move


def stop(scene: Scene, state: FlowState) -> Result:
    """A limit is reached: it is said, then the conversation ends."""
    return say(state, sentence("limit", scene.moment.language), "finish:limit")
