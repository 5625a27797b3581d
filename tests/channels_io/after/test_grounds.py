"""What may stand of what a model wrote: only what was said."""

from __future__ import annotations

from datetime import date

import pytest

from channels_io.after.grounds import (
    date_said,
    grounded,
    number_said,
    numbers_in,
    phrase_said,
    sentences_of,
    topic_said,
)

TODAY = date(2026, 11, 23)  # a Monday
TALK = """\
Caller: Hi, I'd like a cleaning next Tuesday at half past three.
Agent: Tuesday at 3:30 is free. A cleaning costs 80 dollars. May I have your name?
Caller: Peter Hill. My bill was one hundred and twenty five.
Agent: Thank you, Peter. You are booked for the twenty fourth of November."""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("half past three", {"3"}),
        ("80 dollars and 1,250.50", {"80", "1250.5", "1", "250", "50"} - {"1", "250", "50"}),
        ("twenty five", {"20", "5", "25"}),
        ("four two one", {"4", "2", "1", "7", "421"}),
        ("one hundred and twenty five", {"100", "20", "5", "125", "25"}),
        ("the third", {"3"}),
        ("nothing", set()),
    ],
)
def test_numbers(text: str, numbers: set[str]) -> None:
    assert numbers <= numbers_in(text)
    assert "999" not in numbers_in(text)


def test_a_number_is_said_in_digits_or_in_words() -> None:
    assert number_said(80, TALK)
    assert number_said(125, TALK)
    assert number_said(24, TALK)
    assert not number_said(81, TALK)


def test_a_phrase_stands_in_one_line_and_in_its_order() -> None:
    assert phrase_said("Peter Hill", TALK)
    assert phrase_said("a cleaning", TALK)
    assert not phrase_said("Hill Peter", TALK)
    assert not phrase_said("Peter Miller", TALK)
    assert not phrase_said("", TALK)


@pytest.mark.parametrize(
    ("day", "text", "said"),
    [
        (date(2026, 11, 24), "next Tuesday", True),
        (date(2026, 11, 24), "tomorrow at nine", True),
        (date(2026, 11, 25), "tomorrow at nine", False),
        (date(2026, 11, 24), "the 24th of November", True),
        (date(2026, 11, 24), "the twenty fourth of November", True),
        (date(2026, 11, 24), "on 24/11", True),
        (date(2026, 11, 24), "on 2026-11-24", True),
        (date(2026, 12, 29), "next Tuesday", False),
        (date(2026, 11, 26), "next Tuesday", False),
        (date(2026, 11, 23), "today", True),
    ],
)
def test_a_day_is_named_or_it_was_not_said(day: date, text: str, said: bool) -> None:
    assert date_said(day, text, TODAY) is said


@pytest.mark.parametrize(
    ("sentence", "stands"),
    [
        ("Peter Hill wanted a cleaning on Tuesday at 3:30.", True),
        ("The caller asked about a cleaning, which costs 80 dollars.", True),
        ("The caller asked about a cleaning, which costs 90 dollars.", False),
        ("Doctor Patel confirmed the cleaning for Peter.", False),
        ("The patient complained about insurance coverage and pending paperwork.", False),
        ("The caller called and the agent answered.", False),
        ("The cleaning of ••• was booked for Peter.", False),
    ],
)
def test_a_sentence_says_nothing_that_nobody_said(sentence: str, stands: bool) -> None:
    assert grounded(sentence, TALK) is stands


def test_what_the_flow_knows_was_said_too() -> None:
    assert not grounded("Peter gets booking A17 for the cleaning.", TALK)
    assert grounded("Peter gets booking A17 for the cleaning.", TALK, ["A17"])


def test_a_topic_is_met_in_any_form_of_its_word() -> None:
    assert topic_said("Booking of an appointment", TALK)
    assert not topic_said("Whether the caller is in pain", TALK)


def test_sentences_end_where_they_end() -> None:
    assert sentences_of("It costs 80.50 dollars. Fine!  Really?") == ["It costs 80.50 dollars.", "Fine!", "Really?"]
