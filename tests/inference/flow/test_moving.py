"""On in messages: the caller is asked, a message goes out, the leg ends and the flow does not."""

from __future__ import annotations

import pytest

from inference.flow import advance, again, begin
from inference.flow.sentences import sentence
from inference.flow.steps import Call, Called, Finish, Heard, Listen, Say
from inference.nodes import CallNode, CollectNode, Edge, EndNode, FlowSpec, GoalNode, MoveNode, Node, SayNode, Slot
from tests.support.flows import MONDAY, Talk, flow_of, round_trip

MOVE = MoveNode("m", "Send us a photo: {{link}}", "whatsapp", "Shall I write to you?", goodbye="I wrote to you. Bye.")
PHOTO = CollectNode("p", Slot("photo", "name", "What is on the photo?"))
SENT = {"parley.move": Called(True, '{"sent":true}')}


def flow(move: Node = MOVE) -> FlowSpec:
    ends = PHOTO, SayNode("no", "Then tell me.", wait=True), SayNode("bad", "That failed.", wait=True)
    edges = (
        Edge("m", "p", "event", event="success"),
        Edge("m", "no", "event", event="declined"),
        Edge("m", "bad", "event", event="failure"),
    )
    return flow_of(move, *ends, edges=edges, variables=(("link", "https://x.example"),))


def test_after_a_yes_the_message_is_sent_and_the_leg_ends_before_the_next_node() -> None:
    talk = Talk(flow(), call=SENT)
    assert talk.said == ["Shall I write to you?"]
    assert talk.hear("yes please") == "I wrote to you. Bye."
    call = next(step for step in talk.steps if isinstance(step, Call))
    assert call.arguments == {"channel": "whatsapp", "to": "", "text": "Send us a photo: https://x.example"}
    assert talk.step == Finish("moved")
    assert (talk.node, talk.state.ended, talk.state.stage) == ("p", False, "")


def test_the_answer_over_there_is_heard_by_the_next_node() -> None:
    talk = Talk(flow(), call=SENT)
    talk.hear("yes")
    state, step = advance(talk.flow, round_trip(talk.state), None, MONDAY)
    assert step == Say("What is on the photo?")
    state, step = advance(talk.flow, state, Heard("Ona Lind"), MONDAY)
    assert state.variables["photo"] == "Ona Lind"


@pytest.mark.parametrize("words", ["no", "no thanks", "rather not"])
def test_a_no_is_declined(words: str) -> None:
    talk = Talk(flow(), call=SENT)
    assert talk.hear(words) == "Then tell me."
    assert not any(isinstance(step, Call) for step in talk.steps)


def test_without_a_clear_yes_nothing_is_sent() -> None:
    talk = Talk(flow(), call=SENT)
    for _ in range(3):
        talk.hear("hm")
    assert talk.node == "no"
    assert not any(isinstance(step, Call) for step in talk.steps)


def test_keys_answer_too() -> None:
    assert Talk(flow(), call=SENT).press("1") == "I wrote to you. Bye."
    assert Talk(flow(), call=SENT).press("2") == "Then tell me."


def test_what_cannot_be_sent() -> None:
    assert Talk(flow()).hear("yes") == "That failed."


def test_without_a_question_it_is_sent_at_once() -> None:
    talk = Talk(flow(MoveNode("m", "Hi.", saying="I write to you.")), call=SENT)
    assert talk.said == ["I write to you.", sentence("moved", "en")]
    assert talk.ended == "moved"


def test_nothing_behind_it_is_the_end() -> None:
    talk = Talk(flow_of(MoveNode("m", "Hi.")), call=SENT)
    assert (talk.ended, talk.state.ended) == ("moved", True)


# --- coming back --------------------------------------------------------------------------------------


def test_who_comes_back_is_asked_the_open_question() -> None:
    talk = Talk(flow_of(CollectNode("c", Slot("day", "date", "Which day?")), EndNode("e", "Bye.")))
    state, step = again(talk.flow, round_trip(talk.state), MONDAY)
    assert step == Say("Which day?")
    state, step = advance(talk.flow, state, Heard("Tuesday"), MONDAY)
    assert state.variables["day"] == "2026-11-24"


def test_who_comes_back_to_a_read_back_hears_it_again() -> None:
    talk = Talk(flow_of(CollectNode("c", Slot("day", "date", "Which day?", confirm="explicit")), EndNode("e", "Bye.")))
    asked = talk.hear("Tuesday")
    _, step = again(talk.flow, round_trip(talk.state), MONDAY)
    assert isinstance(step, Say) and step.text == asked and "24th" in step.text


def test_who_comes_back_to_a_goal_is_listened_to() -> None:
    talk = Talk(flow_of(GoalNode("g", "Talk.")))
    talk.hear("Hello")
    assert isinstance(talk.step, Listen)
    assert isinstance(again(talk.flow, round_trip(talk.state), MONDAY)[1], Listen)


def test_who_comes_back_after_a_move_enters_the_next_node() -> None:
    talk = Talk(flow(), call=SENT)
    talk.hear("yes")
    assert again(talk.flow, round_trip(talk.state), MONDAY)[1] == Say("What is on the photo?")


def test_who_comes_back_to_a_tool_has_it_done_once_more_and_to_an_end_hears_it() -> None:
    tool = flow_of(CallNode("x", "slots"), EndNode("e", "Bye."))
    state, step = advance(tool, begin(tool, {}), None, MONDAY)
    assert isinstance(step, Call)
    assert again(tool, round_trip(state), MONDAY)[1] == step
    end = flow_of(EndNode("e", "Bye."))
    state, step = advance(end, begin(end, {}), None, MONDAY)
    assert again(end, round_trip(state), MONDAY)[1] == Say("Bye.")
