from __future__ import annotations

from datetime import datetime

import pytest
from msgspec.structs import replace

from inference.flow import advance, begin, take_up
from inference.flow.state import FlowState, Frame, Trying
from inference.flow.steps import Finish, Generate, Heard, Listen, Moment, Say
from inference.flow.taking_up import moved_to, target_of, with_found
from inference.nodes import CollectNode, Edge, EndNode, FlowSpec, FormNode, GoalNode, Slot, StartNode, TransferNode

NOW = Moment(now=datetime(2026, 11, 23, 10))
FORM = FormNode(
    "form", (Slot("name", "name", "Name?"), Slot("age", "number", "Age?")), summary="{{name}}, {{age}}. Is that right?"
)
FLOW = FlowSpec(
    "start",
    (StartNode("start"), FORM, CollectNode("day", Slot("day", "date", "Day?")), GoalNode("talk", "Help."),
     TransferNode("person", "desk"), EndNode("bye", "Bye.")),
    (Edge("start", "form"), Edge("form", "day"), Edge("day", "talk"), Edge("talk", "person", "judged", label="asks")),
)  # fmt: skip


def asked() -> FlowState:
    """The form has its name, and asks for the age."""
    state, _ = advance(FLOW, begin(FLOW, {}), None, NOW)
    trying = Trying(slot="age", values={"name": "Ada"}, attempts=2)
    return replace(state, trying=trying, stage="listen", variables={"name": "Ada"}, turns=1)


def test_where_it_stands_the_open_question_follows_with_what_was_found() -> None:
    state, step = take_up(FLOW, asked(), "", {"age": "40"}, ("form", "day", "*"), NOW)
    assert step == Say("Ada, 40. Is that right?")
    assert state.node == "form"
    assert state.variables == {"name": "Ada", "age": "40"}
    assert state.visits["form"] == 1  # not entered anew


def test_elsewhere_what_is_known_is_passed_and_asked_nowhere_again() -> None:
    found = {"age": "40", "day": "2026-12-01"}
    state, step = take_up(FLOW, asked(), "day", found, ("form", "day", "*"), NOW)
    assert isinstance(step, Generate)
    assert state.node == "talk"
    assert state.path == ("day", "talk")
    assert state.retracing == ("form", "*")


def test_without_passing_a_node_asks_what_it_always_asks() -> None:
    _, step = take_up(FLOW, asked(), "day", {"day": "2026-12-01"}, (), NOW)
    assert step == Say("Day?")


def test_a_goal_is_never_silent_on_the_way_back() -> None:
    here = FlowState(node="talk", stage="listen", spoke=True)
    _, step = take_up(FLOW, here, "", {}, (), NOW)
    assert isinstance(step, Generate)
    _, step = take_up(FLOW, FlowState(node="start"), "talk", {}, (), NOW)
    assert isinstance(step, Generate)


def test_what_the_caller_says_to_the_question_that_follows_is_heard_as_ever() -> None:
    state, step = take_up(FLOW, asked(), "", {}, (), NOW)
    assert step == Say("Age?")
    state, step = advance(FLOW, state, Heard("I am 40"), NOW)
    assert step == Say("Ada, 40. Is that right?")


@pytest.mark.parametrize(
    ("state", "wished", "target"),
    [
        (FlowState(node="form", stage="listen"), "", ""),
        (FlowState(node="form", stage="listen"), "nowhere", ""),
        (FlowState(node="form", stage="listen"), "form", ""),
        (FlowState(node="form", stage="listen"), "day", "day"),
        (FlowState(node="form", flow="sub"), "form", "form"),
        (FlowState(node="person", stage="work"), "", "start"),
        (FlowState(node="person", stage="work"), "person", "person"),
        (FlowState(node="bye", stage="say:finish:done"), "", "start"),
        (FlowState(node="bye", stage="finish:done", ended=True), "", "start"),
        (FlowState(node="bye", stage="finish:done", ended=True), "bye", "bye"),
    ],
)
def test_where_to_go(state: FlowState, wished: str, target: str) -> None:
    assert target_of(FLOW, state, wished) == target


def test_an_ended_flow_goes_on() -> None:
    ended = FlowState(node="bye", stage="finish:done", ended=True, variables={"name": "Ada", "age": "40"}, turns=4)
    state, step = take_up(FLOW, ended, "start", {}, ("form", "day", "*"), NOW)
    assert not state.ended
    assert step == Say("Ada, 40. Is that right?")
    _, step = take_up(FLOW, ended, "bye", {}, (), NOW)
    assert step == Say("Bye.")
    assert not isinstance(step, Finish | Listen)


def test_a_node_left_half_asked_knows_too_wherever_it_waits() -> None:
    waiting = Trying(slot="age", values={"name": "Ada"}, pending=("name",))
    state = FlowState(node="talk", frames=(Frame("form", entered="talk", trying=waiting),))
    frame = with_found(FLOW, state, {"age": "40", "day": "2026-12-01"}, ()).frames[0]
    assert frame.trying is not None
    assert frame.trying.values == {"name": "Ada", "age": "40"}
    assert frame.trying.pending == ("name",)
    frame = with_found(FLOW, state, {"name": "Eve"}, ()).frames[0]
    assert frame.trying is not None
    assert frame.trying.pending == ()


def test_what_was_said_and_not_confirmed_goes_along_and_a_sub_flow_is_left() -> None:
    state = FlowState(node="form", trying=Trying(values={"name": "Ada", "else": "x"}, pending=("name",)))
    assert moved_to(FLOW, state, "day").variables == {"name": "Ada"}
    inside = FlowState(node="x", flow="sub", variables={"in": "1"}, frames=(Frame("form", variables={"name": "Ada"}),))
    outside = moved_to(FLOW, inside, "day")
    assert (outside.flow, outside.frames, outside.variables) == ("", (), {"name": "Ada"})
