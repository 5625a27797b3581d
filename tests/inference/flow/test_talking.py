"""Saying, goals and ends."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from inference.errors import ProtocolError
from inference.flow import advance, at, begin, expects, goal_of
from inference.flow.sentences import sentence
from inference.flow.state import FlowState
from inference.flow.steps import Called, Done, Finish, Generate, Heard, Listen, Say
from inference.nodes import (
    Condition,
    Edge,
    EndNode,
    FlowLimits,
    FlowSpec,
    GoalNode,
    SayNode,
    SetNode,
    StartNode,
    ToolSpec,
)
from tests.support.flows import MONDAY, Talk, flow_of

GOODBYE = sentence("goodbye", "en")
PLAIN = FlowSpec(
    "main", (GoalNode("main", "", tools=("slots",)),), tools=(ToolSpec("slots", "Free"), ToolSpec("no", ""))
)


def test_a_plain_agent_listens_and_lets_the_model_talk() -> None:
    talk = Talk(PLAIN)
    assert talk.steps == [Listen("any")]
    assert talk.hear("Hello") == "[]"
    assert talk.steps[1:] == [Generate(PLAIN.nodes[0], (PLAIN.tools[0],)), Listen("any")]  # type: ignore[arg-type]
    assert (talk.node, expects(PLAIN, talk.state), goal_of(PLAIN, talk.state)) == ("main", "any", PLAIN.nodes[0])


def test_saying_goes_on_until_somebody_has_to_speak() -> None:
    flow = flow_of(
        StartNode("s"), SayNode("a", "One {{x}}."), SayNode("b", "Two.", interruptible=False), GoalNode("g", "Go")
    )
    talk = Talk(flow, facts={"x": "fact"})
    assert talk.said == ["One fact.", "Two."]
    assert talk.steps == [Say("One fact."), Say("Two.", False), Listen("any")]
    assert talk.state.path == ("s", "a", "b", "g")


def test_a_text_that_comes_to_nothing_is_not_said() -> None:
    assert Talk(flow_of(SayNode("a", " {{nothing}} "), EndNode("e", "Bye."))).steps == [
        Say("Bye."),
        Finish("completed"),
    ]


def test_a_goal_speaks_first_where_it_should_and_where_nobody_else_did() -> None:
    first = flow_of(GoalNode("g", "Greet {{name}}.", speaks_first=True), variables=(("name", "Ona"),))
    assert Talk(first).said == ["[Greet Ona.]"]
    edges = (
        Edge("q", "say", "judged", label="the caller books"),
        Edge("q", "g", "judged", label="the caller asks"),
        Edge("say", "g"),
    )
    flow = flow_of(GoalNode("q", "Find out."), SayNode("say", "All right."), GoalNode("g", "Answer."), edges=edges)
    assert Talk(flow, choose="the caller asks").hear("When are you open?") == "[Answer.]"
    assert Talk(flow, choose="the caller books").hear("I want to book") == "All right."


def test_a_goal_stays_until_an_edge_leaves() -> None:
    edges = (
        Edge("g", "rows", "condition", rows=(Condition("said", "contains", "price"),)),
        Edge("g", "end", "judged", label="the caller is done"),
        Edge("g", "never"),
    )
    flow = flow_of(
        GoalNode("g", "Talk."), SayNode("rows", "Prices."), EndNode("end", "Bye."), EndNode("never"), edges=edges
    )
    talk = Talk(flow)
    assert talk.hear("Tell me more") == "[Talk.]" and talk.node == "g"
    talk.choose = "is done"
    assert talk.hear("What is the price?").startswith("Prices.")
    talk = Talk(flow, choose="is done")
    assert (talk.hear("That is all"), talk.ended) == ("Bye.", "completed")


def test_a_goal_of_few_turns_answers_the_last_and_leaves() -> None:
    edges = (Edge("g", "b", "event", event="max_turns"), Edge("g", "never"))
    flow = flow_of(
        GoalNode("g", "Talk.", max_turns=2), SayNode("b", "Enough.", wait=True), EndNode("never"), edges=edges
    )
    talk = Talk(flow)
    assert talk.hear("One") == "[Talk.]"
    assert talk.hear("Two") == "[Talk.] Enough."


def test_a_say_that_waits_leaves_by_what_was_said() -> None:
    edges = (Edge("a", "yes", "judged", label="yes"), Edge("a", "no"))
    flow = flow_of(SayNode("a", "Ready?", wait=True), EndNode("yes", "Go."), EndNode("no", "Stop."), edges=edges)
    assert Talk(flow, choose="yes").hear("Sure") == "Go."
    assert Talk(flow).hear("Well") == "Stop."


def test_a_say_that_waits_asks_again_before_it_gives_up() -> None:
    flow = flow_of(
        SayNode("a", "Ready?", wait=True), EndNode("yes", "Go."), edges=(Edge("a", "yes", "judged", label="yes"),)
    )
    talk = Talk(flow)
    assert talk.hear("Hm") == "Sorry, I didn't catch that. Ready?"
    assert talk.hear("What do you mean?").startswith("[aside: You are asking: “Ready?”")
    assert talk.hear("Hm").startswith("Sorry")
    assert (talk.hear("Hm"), talk.ended) == (sentence("apology", "en"), "no_match")


def test_no_end_is_silent() -> None:
    assert Talk(flow_of(StartNode("s"))).steps == [Say(GOODBYE), Finish("completed")]
    assert Talk(flow_of(StartNode("s"), EndNode("e", reason="nothing"))).steps == [Say(GOODBYE), Finish("nothing")]
    assert Talk(flow_of(SayNode("a", "Bye!"), EndNode("e"))).steps == [Say("Bye!"), Finish("completed")]
    assert Talk(FlowSpec("none", ())).steps == [Say(GOODBYE), Finish("completed")]
    assert Talk(flow_of(StartNode("s"), edges=(Edge("s", "gone"),))).ended == "completed"


def test_an_ended_conversation_stays_ended() -> None:
    talk = Talk(flow_of(EndNode("e", "Bye.", "booked")))
    assert advance(talk.flow, talk.state, Heard("Wait!"), MONDAY) == (talk.state, Finish("booked"))
    assert advance(talk.flow, talk.state, None, MONDAY) == (talk.state, Finish("booked"))


def test_an_answer_that_does_not_fit_changes_nothing() -> None:
    flow = flow_of(SayNode("a", "Hello."), GoalNode("g", "Talk."))
    state, step = advance(flow, begin(flow, {}), None, MONDAY)
    assert step == Say("Hello.")
    for answer in (None, Called(True, ""), Heard("Hi")):
        assert advance(flow, state, answer, MONDAY) == (state, step)
    state, step = advance(flow, state, Done(), MONDAY)
    assert step == Listen("any")
    for wrong in (None, Called(True, ""), Done()):
        assert advance(flow, state, wrong, MONDAY) == (state, step)


def test_a_state_of_another_version_begins_anew_with_what_it_knows() -> None:
    flow = flow_of(SayNode("a", "Hello {{name}}."), GoalNode("g", "Talk."))
    state = FlowState(node="gone", stage="listen", variables={"name": "Ona"}, turns=3)
    assert advance(flow, state, Heard("Hi"), MONDAY)[1] == Say("Hello Ona.")
    assert at(flow, state).id == "a"
    with pytest.raises(ProtocolError):
        at(FlowSpec("x", ()), state)


def test_limits_end_in_speech() -> None:
    loop = flow_of(SetNode("a", (("x", "1"),)), SetNode("b", ()), edges=(Edge("a", "b"), Edge("b", "a")))
    talk = Talk(loop)
    assert (talk.said, talk.ended) == ([sentence("limit", "en")], "limit")
    assert len(talk.state.path) <= loop.limits.steps + 1
    talk = Talk(PLAIN)
    talk.at_second(3601)
    assert (talk.hear("Hello"), talk.ended) == (sentence("limit", "en"), "limit")
    talk = Talk(replace(PLAIN, limits=FlowLimits(tokens=100)), moment=dataclasses.replace(MONDAY, tokens=101))
    assert (talk.hear("Hello"), talk.ended) == (sentence("limit", "en"), "limit")
    talk = Talk(flow_of(SayNode("a", "Well?", wait=True), edges=(Edge("a", "a"),)))
    while not talk.ended:
        said = talk.hear("Hm")
    assert (said, talk.ended, talk.state.visits["a"]) == (sentence("limit", "en"), "limit", 26)
    talk = Talk(PLAIN)
    for _ in range(300):
        talk.hear("Go on")
    assert not talk.ended
    assert (talk.hear("Go on"), talk.ended) == (sentence("limit", "en"), "limit")


def test_silence_is_asked_about_and_then_ends() -> None:
    talk = Talk(PLAIN)
    assert talk.wait() == talk.wait() == "Are you still there?"
    talk.hear("Yes")
    assert talk.wait() == talk.wait() == "Are you still there?"
    assert (talk.wait(), talk.ended) == (sentence("silence", "en"), "silence")


def test_an_edge_for_silence_goes_first() -> None:
    flow = flow_of(
        GoalNode("g", ""), SayNode("s", "Hello?", wait=True), edges=(Edge("g", "s", "event", event="silence"),)
    )
    talk = Talk(flow)
    assert (talk.wait(), talk.node) == ("Hello?", "s")


def test_keys_take_their_edge() -> None:
    edges = (Edge("g", "zero", "event", event="key:0"), Edge("g", "nine", "judged", label="nine"))
    flow = flow_of(GoalNode("g", "Talk."), SayNode("zero", "Operator."), SayNode("nine", "Nine."), edges=edges)
    talk = Talk(flow, choose="nine")
    assert talk.step == Listen("any", 1)
    assert talk.press("5") == "[Talk.]"
    assert talk.press("0").startswith("Operator.")
