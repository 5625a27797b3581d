"""What a person found out, by rules: tables of short dialogues."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from inference.events import Message
from inference.flow.state import FlowState, Trying
from inference.flow.steps import Moment
from inference.giving_back import (
    asked_for,
    exchanges,
    for_the_model,
    found_by_model,
    found_by_rules,
    is_known,
    is_unanswered,
    passed,
    slots_to_fill,
)
from inference.judging import Judge
from inference.nodes import Choice, CollectNode, ExtractNode, FlowSpec, FormNode, GoalNode, Slot, Subflow
from inference.ownership import told
from tests.support.engines import ScriptedChat

NOW = Moment(now=datetime(2026, 11, 23, 10))  # a Monday
REASON = Slot(
    "reason", "choice", "What is it for: a check-up or a cleaning?",
    choices=(Choice("check-up", "check-up", ("check up",)), Choice("cleaning", "cleaning", ("hygiene",))),
)  # fmt: skip
DAY = Slot("day", "date", "Which day suits you?", minimum=0, maximum=120)
TIME = Slot("time", "time", "At what time?", minimum=8, maximum=17.5)
NAME = Slot("name", "name", "What is your name?")
PHONE = Slot("phone", "phone", "And your phone number?")
ADULT = Slot("adult", "yes_no", "Are you over eighteen years old?")
NOTE = Slot("note", "text", "What message shall I give to the dentist?")
ALL = (REASON, DAY, TIME, NAME, PHONE, ADULT, NOTE)


def found(*lines: str, known: tuple[Slot, ...] = (), wanted: tuple[Slot, ...] = ALL) -> dict[str, str]:
    """Lines of the person and the caller in turns, the person's first."""
    talk = [told(text) if index % 2 == 0 else Message("user", text) for index, text in enumerate(lines)]
    return found_by_rules(wanted, known, exchanges(talk), NOW)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Which day suits you?", "Tuesday."), {"day": "2026-11-24"}),
        (("Tuesday at three then?", "Yes."), {"day": "2026-11-24", "time": "15:00"}),
        (("Tuesday at three then?", "No, Wednesday."), {"day": "2026-11-25"}),
        (("Tuesday at three then?", "Hmm, let me think."), {}),
        (("And what was your name?", "Peter Hill"), {"name": "Peter Hill"}),
        (("Good. And your number?", "It is +44 7700 900123."), {"phone": "+447700900123"}),
        (("I have three or half past four.", "Half past four, please."), {"time": "16:30"}),
        (("Your name is Peter Hill, right?", "That's right."), {"name": "Peter Hill"}),
        (("So a cleaning?", "Exactly, a cleaning on Friday."), {"reason": "cleaning", "day": "2026-11-27"}),
        (("Are you over eighteen years old?", "Yes, I am."), {"adult": "yes"}),
        (("Are you well?", "Yes, I am."), {}),
        (("What message shall I give to the dentist?", "That my tooth hurts."), {"note": "That my tooth hurts"}),
        (("How are you today?", "Tell me about your prices."), {}),
        (("Which day?", "Tuesday.", "We are full then. Thursday?", "Yes please."), {"day": "2026-11-26"}),
        (("", "My name is Ada Stone and I can come on Friday."), {"name": "Ada Stone", "day": "2026-11-27"}),
        (("Is Friday at ten fine?", "Yes, perfect."), {"day": "2026-11-27", "time": "10:00"}),
        (("On the 3rd of January 2020?", "Yes."), {}),
    ],
)
def test_what_was_said_and_agreed(lines: tuple[str, ...], expected: dict[str, str]) -> None:
    assert found(*lines) == expected


def test_what_was_known_is_overruled_only_by_what_a_person_said_and_the_caller_agreed_to() -> None:
    wanted = (NAME,)
    assert found("Shall we say Thursday instead?", "Yes, Thursday.", known=(DAY,), wanted=wanted) == {
        "day": "2026-11-26"
    }
    assert found("Anything else?", "I am away from Thursday on.", known=(DAY,), wanted=wanted) == {}


def test_lines_of_one_side_are_one() -> None:
    talk = [Message("user", "Hello?"), told("Good morning."), told("Your number?"), Message("user", "555"),
            Message("user", "0134"), told("Thanks.")]  # fmt: skip
    assert exchanges(talk) == [("", "Hello?"), ("Good morning. Your number?", "555 0134")]


def test_the_last_question_asks() -> None:
    assert asked_for(ALL, "Great, Peter. And your phone number?", NOW) == "phone"
    assert asked_for(ALL, "What is your name? I mean the last one, please.", NOW) == "name"
    assert asked_for(ALL, "I can offer you nine.", NOW) == ""


def test_what_is_masked_is_left_to_the_agent_and_free_text_to_the_node_at_hand() -> None:
    card = Slot("card", "digits", masked=True)
    inner = Subflow("sub", "inside", (CollectNode("inside", Slot("street", "address")),))
    flow = FlowSpec(
        "form",
        (FormNode("form", (DAY, NOTE)), CollectNode("card", card), FormNode("other", (NAME, Slot("note", "text"))),
         ExtractNode("late", (Slot("mood", "text"), TIME)), GoalNode("goal", "")),
        flows=(inner,),
    )  # fmt: skip
    here = FlowState(node="form")
    assert [slot.name for slot in slots_to_fill(flow, here, "")] == ["day", "note", "name", "time"]
    assert [slot.name for slot in slots_to_fill(flow, here, "goal")] == ["day", "name", "time"]
    assert [slot.name for slot in slots_to_fill(flow, FlowState(node="inside", flow="sub"), "")] == ["street"]
    assert [slot.name for slot in slots_to_fill(flow, FlowState(node="inside", flow="sub"), "form")][0] == "day"
    assert passed(flow, here, "", {}) == ("form", "card", "other", "*")


def test_an_old_yes_is_asked_anew() -> None:
    flow = FlowSpec("offer", (CollectNode("offer", Slot("accepts", "yes_no")), CollectNode("name", NAME)))
    assert passed(flow, FlowState(node="name"), "", {}) == ("name", "*")
    assert passed(flow, FlowState(node="name"), "", {"accepts": "yes"}) == ("name", "offer", "*")


def test_known_is_what_has_got_a_value_since_the_beginning_or_waits_to_be_confirmed() -> None:
    flow = FlowSpec("name", (CollectNode("name", NAME),), variables=(("name", "nobody"),))
    assert not is_known(flow, FlowState(node="name", variables={"name": "nobody"}), "name")
    assert not is_known(flow, FlowState(node="name"), "name")
    assert is_known(flow, FlowState(node="name", variables={"name": "Ada"}), "name")
    assert is_known(flow, FlowState(node="name", trying=Trying(values={"name": "Ada"})), "name")


def test_the_model_is_asked_about_words_and_in_other_languages_about_values_too() -> None:
    here, german = FormNode("form", ALL), replace(NOW, language="de")
    assert [slot.name for slot in for_the_model(ALL, here, (), NOW)] == ["reason", "name", "note"]
    assert for_the_model((REASON, DAY, NAME), None, [("How are you?", "Fine.")], NOW) == []
    assert for_the_model((REASON, DAY, NAME), None, [("And what is your name?", "Er")], NOW) == [NAME]
    assert [slot.name for slot in for_the_model((DAY, PHONE, ADULT), here, (), german)] == ["day", "phone"]


async def test_the_models_words_are_read_checked_and_must_have_been_said() -> None:
    chat = ScriptedChat(script=[json.dumps({"day": "Wednesday", "name": "Bob Marley", "time": "three"})])
    talk = [told("This is Bob Marley. Which day?"), Message("user", "Wednesday would do, my name is Ada Stone.")]
    judge = Judge(chat)
    assert await found_by_model(judge, (DAY, NAME, TIME), talk, NOW) == {"day": "2026-11-25"}
    assert "Team: This is Bob Marley." in chat.prompts[0][-1].text
    assert json.loads(chat.asked[0].json_schema)["required"] == ["day", "name", "time"]
    assert await found_by_model(judge, (), talk, NOW) == await found_by_model(judge, (DAY,), [], NOW) == {}
    assert len(chat.prompts) == 1
    await judge.aclose()


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("Do you have parking?", True),
        ("I would like to book an appointment.", True),
        ("I want an appointment, please.", True),
        ("Okay, thanks.", False),
        ("Thank you very much!", False),
        ("Mm-hm.", False),
        ("Yes.", False),
        ("", False),
        ("Okay, and how much is it?", True),
    ],
)
def test_who_waits_for_an_answer(text: str, waits: bool) -> None:
    assert is_unanswered(text, "en") is waits
