"""What a model is asked beside talking: the prompt, what binds the answer, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from inference.engines.base import Usage
from inference.engines.fake import FakeChat
from inference.errors import EngineError
from inference.events import Message
from inference.judging import (
    LINE_CHARS,
    MOST_OPTIONS,
    NONE,
    Judge,
    Talk,
    choice_grammar,
    choice_prompt,
    chosen,
    fill_prompt,
    fill_schema,
    filled,
)
from inference.nodes import Choice, Slot
from tests.support.engines import ScriptedChat

BEFORE = (
    Message("system", "Be kind.", "desk"),
    Message("user", "Hello."),
    Message("assistant", "Would you like to book?"),
)
OPTIONS = ("wants to book", "the answer is “no”")
NAME, DAY = Slot("name", "name", label="the name"), Slot("day", "text", "Which day?")
SIZE = Slot("size", "choice", choices=(Choice("small", "a small one"), Choice("large")))


def test_a_choice_is_told_with_the_words_before_it_and_nothing_of_the_agent() -> None:
    system, user = choice_prompt(OPTIONS, Talk(BEFORE, "Yes,  please."))
    assert system.text.endswith(f"A: {NONE}\nB: The caller wants to book\nC: the answer is “no”")
    assert user.text == "Caller: Hello.\nAgent: Would you like to book?\nCaller: Yes, please."


def test_the_prompt_up_to_the_callers_words_does_not_depend_on_them() -> None:
    ahead, asked = choice_prompt(OPTIONS, Talk(BEFORE)), choice_prompt(OPTIONS, Talk(BEFORE, "Yes."))
    assert asked[0] == ahead[0]
    assert asked[1].text == f"{ahead[1].text} Yes."


def test_long_lines_are_cut_at_their_beginning() -> None:
    _, user = choice_prompt(OPTIONS, Talk((Message("assistant", "a" * 5000 + " so?"),), "b" * 5000))
    assert user.text.startswith("Agent: a") and " so?\nCaller: b" in user.text
    assert len(user.text) < 2 * LINE_CHARS + 40


def test_only_a_letter_can_be_answered() -> None:
    assert choice_grammar((0, 1)) == 'root ::= "A" | "B" | "C"'
    assert choice_grammar((1,)) == 'root ::= "A" | "C"'
    assert choice_grammar(range(MOST_OPTIONS)).count('"') == 2 * (MOST_OPTIONS + 1)


@pytest.mark.parametrize(
    ("answer", "option"),
    [
        ("B", 0),
        ("C", 1),
        ("A", None),
        (" b", None),
        ("B.", 0),
        ("**C**", 1),
        ("Z", None),
        ("", None),
        ("Both of them", None),
    ],
)
def test_what_is_no_letter_of_an_option_is_none(answer: str, option: int | None) -> None:
    assert chosen(answer, 2) == option


async def test_a_choice_is_one_token_at_temperature_zero_and_is_counted() -> None:
    chat = ScriptedChat(script=["C"])
    used: list[Usage] = []
    judge = Judge(chat)
    assert await judge.choose(OPTIONS, Talk(BEFORE, "No."), usage=used.append) == 1
    assert (chat.asked[0].max_tokens, chat.asked[0].temperature) == (1, 0.0)
    assert len(used) == 1
    await judge.aclose()


@pytest.mark.parametrize(("alone", "option"), [("B", 1), ("A", None)])
async def test_what_is_doubted_must_hold_alone_as_well(alone: str, option: int | None) -> None:
    chat = ScriptedChat(script=["C", alone])
    judge = Judge(chat)
    assert await judge.choose(OPTIONS, Talk(BEFORE, "Hm."), doubted=(1,)) == option
    assert chat.prompts[1][0].text.endswith(f"A: {NONE}\nB: the answer is “no”")
    assert chat.asked[1].grammar == 'root ::= "A" | "B"'
    await judge.aclose()


async def test_what_is_not_doubted_is_asked_once() -> None:
    chat = ScriptedChat(script=["B"])
    judge = Judge(chat)
    assert await judge.choose(OPTIONS, Talk(BEFORE, "Hm."), doubted=(1,)) == 0
    assert len(chat.prompts) == 1
    await judge.aclose()


async def test_of_very_many_options_the_first_are_asked_about() -> None:
    chat = ScriptedChat(script=["B"])
    judge = Judge(chat)
    assert await judge.choose([f"option {number}" for number in range(500)], Talk((), "Hm.")) == 0
    assert chat.prompts[0][0].text.count("option ") == MOST_OPTIONS
    await judge.aclose()


async def test_reading_ahead_forgives_a_model_that_cannot() -> None:
    class Broken(ScriptedChat):
        async def prefill(self, messages: object, tools: object = ()) -> None:
            raise EngineError("No.")

    judge = Judge(Broken())
    await judge.read_ahead(OPTIONS, Talk(BEFORE))
    await judge.aclose()


async def test_what_is_obvious_is_not_asked_and_what_is_ruled_out_cannot_be_answered() -> None:
    options = ("wants to buy a ticket", "asks when the train leaves", "says goodbye")
    chat = ScriptedChat(script=["C"])
    judge = Judge(chat)
    assert await judge.choose(options, Talk(BEFORE, "Goodbye.")) == 2
    assert chat.prompts == []
    assert await judge.choose(options, Talk(BEFORE, "When is the next one?")) == 1
    assert chat.asked[0].grammar == 'root ::= "A" | "C"'
    await judge.aclose()


# --- values -------------------------------------------------------------------------------------------


def test_a_schema_has_every_slot_as_text_or_null() -> None:
    schema = json.loads(fill_schema((NAME, SIZE)))
    assert schema["required"] == ["name", "size"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["size"] == {"enum": ["small", "large", None]}
    assert {"type": "null"} in schema["properties"]["name"]["anyOf"]


def test_values_are_asked_for_by_what_they_are_called() -> None:
    system, user = fill_prompt((NAME, DAY, SIZE), Talk(BEFORE, "Peter, on Monday."), whole=False)
    assert "name: the name" in system.text
    assert "day: day (Which day?)" in system.text
    assert "size: size, one of: small, large" in system.text
    assert user.text.endswith("Caller: Peter, on Monday.")


def test_the_whole_conversation_is_told_when_it_is_asked_about() -> None:
    lines = [Message("user", f"Line {number}.") for number in range(9)]
    _, user = fill_prompt((NAME,), Talk(lines, "And so."), whole=True)
    assert user.text.startswith("Caller: Line 0.")
    assert user.text.endswith("Caller: Line 8.\nCaller: And so.")


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ('{"name":"Peter Hill","size":null}', {"name": "Peter Hill"}),
        ('{"name":"John Doe","size":"large"}', {"size": "large"}),  # nobody said John Doe
        ('{"name":"","size":null}', {}),
        ('{"name":7}', {}),
        ("no json", {}),
        ("[]", {}),
        ('{"name":"Peter', {}),
    ],
)
def test_only_what_was_said_counts(answer: str, values: dict[str, str]) -> None:
    assert filled(answer, (NAME, SIZE), "I am Peter Hill, and a big one please.") == values


async def test_filling_is_bound_by_its_schema() -> None:
    chat = ScriptedChat(script=['{"name":"Peter"}'])
    judge = Judge(chat)
    assert await judge.fill((NAME,), Talk((), "It's Peter.")) == {"name": "Peter"}
    assert json.loads(chat.asked[0].json_schema)["required"] == ["name"]
    await judge.aclose()


async def test_values_from_earlier_lines_count_where_the_whole_is_asked_about() -> None:
    chat = ScriptedChat(script=['{"name":"Peter"}', '{"name":"Peter"}'])
    judge = Judge(chat)
    before = (Message("user", "Peter here."), Message("assistant", "Yes?"))
    assert await judge.fill((NAME,), Talk(before, "I want to book."), whole=True) == {"name": "Peter"}
    assert await judge.fill((NAME,), Talk(before, "I want to book.")) == {}
    await judge.aclose()


# --- the fake -----------------------------------------------------------------------------------------


async def test_the_fake_chooses_by_words_in_common() -> None:
    judge = Judge(FakeChat(first_ms=0, token_ms=0, text="said otherwise"))
    options = ("wants to book a table", "asks about parking")
    talk = Talk(BEFORE, "Parking?", language="de")  # nothing is obvious there
    assert await judge.choose(options, talk) == 1
    assert await judge.choose(options, replace(talk, words="A table for two.")) == 0
    assert await judge.choose(options, replace(talk, words="Good morning.")) is None
    assert await judge.fill((NAME,), Talk((), "Peter.")) == {}
    await judge.aclose()
