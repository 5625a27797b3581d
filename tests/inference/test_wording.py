"""Which words sound finished: a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.nodes import Expects
from inference.wording import Ending, ending_of


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("Which train goes to Leeds?", "question"),
        ("do you sell stamps", "question"),
        ("Hello, is the museum open", "question"),
        ("Who is it from?", "question"),
        ("Can I come in?", "question"),
        ("Yes.", "answer"),
        ("No, thank you.", "answer"),
        ("Yes, please!", "answer"),
        ("Good morning.", "open"),
        ("Hello?", "question"),
        ("I would like to rent a car.", "request"),
        ("Send me a taxi.", "request"),
        ("Two tickets.", "request"),
        ("My brother lives in Leeds.", "statement"),
        ("I need a new passport.", "statement"),
        ("the blue one in the window", "open"),
        ("I have an appointment on Thursday", "statement"),
        ("Apples, pears, plums.", "open"),
        ("Apples, pears, and plums.", "statement"),
        ("", "open"),
        ("...", "open"),
    ],
)
def test_what_may_be_the_end(text: str, ending: Ending) -> None:
    assert ending_of(text) == ending


@pytest.mark.parametrize(
    "text",
    [
        "The train and", "I live in the", "Um", "It costs, like,", "So it was...", "We want to -",
        "Can you tell me?", "Could you please tell me", "I would like to know.", "Okay, so I was wondering",
        "Is it possible to?", "Will you leave it for?", "Let me think.", "Is there any way?",
        "If it snows.", "When we got home.", "because I lost my key", "The last time we met.",
    ],
)  # fmt: skip
def test_words_that_promise_more(text: str) -> None:
    assert ending_of(text) == "unfinished"


@pytest.mark.parametrize("text", ["When will it snow?", "If it snows, we stay at home.", "After lunch, call me."])
def test_a_clause_with_its_main_clause_is_whole(text: str) -> None:
    assert ending_of(text) != "unfinished"


@pytest.mark.parametrize(
    ("text", "expects", "ending"),
    [
        ("My number is 0 2 0", "any", "dictation"),
        ("My phone number is", "any", "dictation"),
        ("It is four four two", "any", "dictation"),
        ("4929 1234", "any", "open"),
        ("020 7946 0018", "any", "request"),
        ("We are 12", "any", "open"),
        ("12.", "number", "answer"),
        ("Seven", "phone", "dictation"),
        ("B as in Bravo", "any", "dictation"),
        ("H-I-L", "any", "dictation"),
        ("H", "spelling", "dictation"),
        ("My email is jo", "any", "dictation"),
        ("jo dot hill", "email", "dictation"),
        ("jo.hill@example.com", "email", "request"),
        ("My email is jo at example dot com.", "any", "request"),
        ("Jo Hill.", "name", "answer"),
        ("Next Tuesday", "date", "answer"),
        ("Jo Hill.", "free", "request"),
        ("It was the", "name", "unfinished"),
    ],
)
def test_dictation_and_what_was_asked_for(text: str, expects: Expects, ending: Ending) -> None:
    assert ending_of(text, expects) == ending


@given(st.text(max_size=200))
def test_any_text_has_an_ending_and_case_does_not_matter(text: str) -> None:
    assert ending_of(text) == ending_of(f"  {text}\n")
