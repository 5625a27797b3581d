"""What words decide without a model, and what they only rule out."""

from __future__ import annotations

import pytest

from inference.obvious import obvious

DESK = (
    "wants to make an appointment",
    "wants to cancel or move an appointment they already have",
    "has no more questions, or says goodbye",
    "asks to speak to a person, a human or somebody of the team",
    "says that it hurts badly or that they are bleeding",
    "asks where the practice is",
)
MAKE, CANCEL, ENDS, PERSON, PAIN, WHERE = range(6)
HELLO, ELSE = "Smile Dental, how can I help?", "You are booked. Is there anything else?"


@pytest.mark.parametrize(
    ("said", "asked", "option"),
    [
        ("No, that's all, thank you.", ELSE, ENDS),
        ("Nope.", ELSE, ENDS),
        ("Great, thank you very much.", "It is next to the library.", ENDS),
        ("Okay, bye bye.", HELLO, ENDS),
        ("Can I speak to a real person, please?", HELLO, PERSON),
        ("I don't want to talk to a robot.", HELLO, PERSON),
        ("Is there somebody I could talk to?", HELLO, PERSON),
        ("Could I have a word with a nurse?", HELLO, PERSON),
        ("Is a nurse there that I can speak to?", HELLO, PERSON),
        ("Operator, please.", HELLO, PERSON),
        ("Nah, it was only that.", ELSE, ENDS),
        ("No, you've been really helpful.", ELSE, ENDS),
        ("That's me sorted then.", "It is next to the library.", ENDS),
        ("I have to cancel my appointment on Thursday.", HELLO, CANCEL),
        ("I am bleeding quite a lot.", HELLO, PAIN),
        ("My gum won't stop bleeding.", HELLO, PAIN),
        ("How much is a filling?", HELLO, None),
        ("What time do you open on Saturday?", HELLO, None),
        ("Do you accept new patients?", HELLO, None),
        ("Hello? Good morning.", HELLO, None),
        ("I just wanted to know the price.", HELLO, None),
        ("I'm calling about the appointment we made.", HELLO, CANCEL),
        ("I'm supposed to come on Friday, and my car broke down.", HELLO, CANCEL),
        ("If somebody breaks a tooth, how long does it take?", HELLO, None),
        ("Do I have to bring anything?", HELLO, None),
        ("Could you tell me what I need to bring?", HELLO, None),
        ("I was just wondering how I get to you.", HELLO, None),
        ("How late can I cancel my appointment?", HELLO, None),
        ("Okay, and for how long can I move it?", HELLO, None),
        ("How much would I have to pay you?", HELLO, None),
    ],
)
def test_what_leaves_no_doubt_is_decided(said: str, asked: str, option: int | None) -> None:
    verdict = obvious(DESK, said, asked, "en-GB")
    assert (verdict.certain, verdict.option) == (True, option)


@pytest.mark.parametrize(
    ("said", "asked", "possible", "ruled_out"),
    [
        ("I need to come in next Tuesday.", HELLO, {MAKE, CANCEL}, {PERSON}),
        ("Yes please.", "Would you like to make an appointment?", {MAKE}, {PERSON}),
        ("No.", "Would you like to make an appointment?", {MAKE, ENDS}, {PERSON}),
        ("Thanks, but can I also come on Monday?", ELSE, {MAKE}, {ENDS, PERSON}),
        ("Where are you exactly?", HELLO, {WHERE}, {MAKE, CANCEL, ENDS, PERSON, PAIN}),
        ("I do not want to cancel anything.", HELLO, {MAKE, CANCEL}, {PERSON}),
        ("No, I want to come on Monday as well.", ELSE, {MAKE, CANCEL}, {PERSON}),
        ("I want it to be white, how long does it take?", HELLO, {MAKE, CANCEL}, {PERSON}),
    ],
)
def test_what_leaves_a_doubt_is_left_to_the_model(
    said: str, asked: str, possible: set[int], ruled_out: set[int]
) -> None:
    verdict = obvious(DESK, said, asked, "en")
    assert not verdict.certain
    assert possible <= set(verdict.left)
    assert not ruled_out & set(verdict.left)


def test_in_other_languages_and_of_silence_nothing_is_obvious() -> None:
    assert obvious(DESK, "Auf Wiedersehen, bye.", ELSE, "de").left == tuple(range(6))
    assert obvious(DESK, "  ", ELSE, "en").left == tuple(range(6))
    assert obvious((), "Goodbye.", ELSE, "en").certain


@pytest.mark.parametrize("said", ["?" * 5000, "\x00\ud800", "no " * 3000, "(((", "want " * 2000, "a" * 20000])
def test_nothing_breaks_it(said: str) -> None:
    obvious(DESK, said, said, "en")
