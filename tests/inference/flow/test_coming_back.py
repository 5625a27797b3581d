"""After a call was put through to a person: the caller comes back, and the flow goes on."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from inference.flow import advance, begin, come_back, left_for_person
from inference.flow.state import FlowState, Frame, Trying
from inference.flow.steps import Call, Called, Done, Finish, Generate, Heard, Listen, Moment, Say
from inference.nodes import CollectNode, Edge, EndNode, FlowSpec, FormNode, GoalNode, Slot, StartNode, TransferNode

NOW = Moment(now=datetime(2026, 11, 23, 10))
FLOW = FlowSpec(
    "start",
    (StartNode("start"), CollectNode("day", Slot("day", "date", "Day?")), FormNode("form", (Slot("name", "name", "Name?"),)),
     GoalNode("talk", "Help."), TransferNode("person", "desk", "One moment."), EndNode("gone"), EndNode("bye", "Bye.")),
    (Edge("start", "day"), Edge("day", "form"), Edge("form", "talk"), Edge("person", "gone", "event", event="success")),
)  # fmt: skip


def put_through(*frames: Frame) -> FlowState:
    state = FlowState(node="person", stage="work", variables={"name": "Ada"}, frames=frames, turns=3)
    state, step = advance(FLOW, state, Called(ok=True, result='{"transferred":true}'), NOW)
    assert step == Say("Thank you, and goodbye.")  # The line is gone before it: no Done comes.
    assert left_for_person(FLOW, state)
    ended, step = advance(FLOW, state, Done(), NOW)
    assert isinstance(step, Finish)
    assert left_for_person(FLOW, ended)
    return ended


def test_it_listens_where_the_caller_asked_for_the_person() -> None:
    asked = Trying(slot="day", attempts=1)
    state = come_back(FLOW, put_through(Frame("day", entered="person", trying=asked)))
    assert (state.node, state.trying, state.frames) == ("day", asked, ())
    assert not (state.ended or state.put_through)
    state, step = advance(FLOW, state, None, NOW)
    assert isinstance(step, Listen)
    state, step = advance(FLOW, state, Heard("On the first of December."), NOW)
    assert isinstance(step, Generate)
    assert (state.path, state.variables["day"]) == (("form", "talk"), "2026-12-01")


def test_on_a_path_of_its_own_the_flow_begins_anew_with_what_it_knows() -> None:
    state = come_back(FLOW, put_through())
    assert state.variables == {"name": "Ada"}
    state, step = advance(FLOW, state, None, NOW)
    assert (state.node, state.ended) == ("day", False)
    assert isinstance(step, Say)


def test_who_is_heard_again_and_then_says_goodbye_is_done() -> None:
    state = come_back(FLOW, put_through(Frame("day", entered="person", trying=Trying(slot="day"))))
    state = replace(state, put_through=True)
    state, _ = advance(FLOW, state, Heard("On the first of December."), NOW)
    assert not state.put_through


def test_a_transfer_that_nobody_took_is_none() -> None:
    state = FlowState(node="person", stage="work", turns=3)
    state, _ = advance(FLOW, state, Called(ok=False, result=""), NOW)
    assert not state.put_through


def test_it_is_called_for_by_the_node_itself() -> None:
    state, step = advance(FLOW, replace(begin(FLOW, {}), node="person", stage="work"), None, NOW)
    assert isinstance(step, Call)
    assert not state.put_through
