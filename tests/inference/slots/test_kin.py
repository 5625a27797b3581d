"""Choices in other words, ruled out, by the hour; yes and no without the word; people who are added up or fewer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inference.flow.steps import Moment
from inference.nodes import Choice, Slot
from inference.slots import find_all, instead, parse, yes_no
from inference.slots.echoing import echoed

MOMENT = Moment(now=datetime(2026, 11, 23, 9, tzinfo=UTC))
WHY = Slot("why", "choice", "What is wrong?", choices=(
    Choice("broken", "broken", ("damaged",)), Choice("size", "does not fit"), Choice("other", "no longer want it"),
))  # fmt: skip
PART = Slot("part", "choice", "When?", choices=(
    Choice("morning", "in the morning", ("before noon",)), Choice("afternoon", "in the afternoon", ("after lunch",)),
))  # fmt: skip
HOUR = Slot("hour", "time", "What time?", minimum=9, maximum=22)
GUESTS = Slot("guests", "number", "For how many people?", label="the number of guests", minimum=1, maximum=20)


def value(slot: Slot, text: str, *, asked: bool = True) -> str | None:
    parsed = parse(slot, text, MOMENT, asked=asked)
    return parsed.value if parsed else None


@pytest.mark.parametrize(
    ("slot", "said", "expected"),
    [
        (WHY, "it came shattered", "broken"),
        (WHY, "the handle fell apart", "broken"),
        (WHY, "way too tight", "size"),
        (WHY, "honestly I just don't need it", "other"),
        (WHY, "it is blue", None),
        (PART, "not in the morning", "afternoon"),
        (PART, "anything but the afternoon", "morning"),
        (PART, "mornings I'm at work, so the afternoon", "afternoon"),
        (PART, "the later the better", "afternoon"),
        (PART, "around ten", "morning"),
        (PART, "about half past three", "afternoon"),
        (PART, "I work until one", None),
    ],
)
def test_a_choice_in_other_words(slot: Slot, said: str, expected: str | None) -> None:
    assert value(slot, said) == expected


def test_only_what_means_nothing_else_counts_before_it_is_asked() -> None:
    assert value(WHY, "my cup arrived smashed", asked=False) == "broken"
    assert value(PART, "I'm coming for dinner at ten", asked=False) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("that suits me", True), ("I'd appreciate that", True), ("count me in", True), ("I'll take it", True),
        ("if you would", True), ("no changes", True), ("nothing to correct", True), ("excellent", True),
        ("too late for me", False), ("that won't work", False), ("never mind", False), ("forget it", False),
        ("I'm afraid not", False), ("that's no good", False), ("I'd rather wait", False), ("not for me", False),
        ("there's a mistake", False), ("unfortunately I can't", False),
        ("Maybe I misread it, let's try again", True), ("I'm not sure, never mind", False),
        ("Thursday would work", None), ("eleven would be better", None), ("could you come earlier", None),
        ("my cat is happy and fine and lives with us in town now", None),
    ],
)  # fmt: skip
def test_yes_and_no_by_what_the_words_lean_to(text: str, expected: bool | None) -> None:
    assert yes_no(text) is expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Do you own the flat?", "we rent", False),
        ("Do you own the flat?", "I do own it", True),
        ("Do you own the flat?", "it belongs to my landlord", False),
        ("Do you own the flat?", "how much does a flat cost", None),
        ("Shall I text you the link?", "text it to me", True),
        ("Shall I text you the link?", "I don't need a link", False),
        ("Shall I text you the link?", "my dog is brown", None),
    ],
)
def test_the_question_is_taken_up(question: str, text: str, expected: bool | None) -> None:
    assert echoed(question, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("me and three friends", "4"), ("two adults and a baby", "3"), ("both of us", "2"), ("two couples", "4"),
        ("just the one", "1"), ("one more", None),
    ],
)  # fmt: skip
def test_people_are_added_up(text: str, expected: str | None) -> None:
    assert value(GUESTS, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so five", {"hour": "17:00"}),
        ("my aunt can't come, so three", {"guests": "3"}),
        ("not eight, nine", {"hour": "21:00"}),
        ("it's five, not four", {"guests": "5"}),
        ("nine would be better", {"hour": "21:00"}),
        ("one more person is coming", {"guests": "5"}),
        ("two fewer", {"guests": "2"}),
        ("it is fine", {}),
    ],
)
def test_a_bare_number_stands_instead_of_the_value_it_is_about(text: str, expected: dict[str, str]) -> None:
    known = {"guests": "4", "hour": "20:00"}
    evening = Slot("hour", "time", "What time?", minimum=12, maximum=22)
    found = instead((GUESTS, evening), known, text, MOMENT, parse)
    assert {name: parsed.value for name, parsed in found.items()} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Friday I'm away, Thursday would work", "2026-11-26"),
        ("I'm busy on Friday, how about Thursday", "2026-11-26"),
        ("I have a meeting on Friday", "2026-11-27"),
        ("wensday", "2026-11-25"),
    ],
)
def test_a_day_on_which_the_caller_is_busy_is_not_the_one(text: str, expected: str) -> None:
    assert value(Slot("day", "date", "Which day?"), text) == expected


def test_dots_of_somebody_who_thinks_end_nothing() -> None:
    digits = Slot("order", "digits", "The number?", minimum=6, maximum=6)
    assert value(digits, "let me see... four four one... nine oh seven") == "441907"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Okafor, first name Ada", "Ada Okafor"),
        ("first name Ada last name Okafor", "Ada Okafor"),
        ("Okafor is the surname, Ada the first name", "Ada Okafor"),
        ("put down Ada Okafor", "Ada Okafor"),
        ("it's for my mum, Ada Okafor", "Ada Okafor"),
        ("Ada. It's Ada Okafor.", "Ada Okafor"),
        ("what do you need that for", None),
    ],
)
def test_names_in_pieces(text: str, expected: str | None) -> None:
    assert value(Slot("name", "name", "Your name?", label="your name"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("it ends in 42", "6175550142"), ("the last digit is seven", "6175550137"), ("42", None)]
)
def test_the_end_of_a_number_is_said_anew(text: str, expected: str | None) -> None:
    phone = Slot("phone", "phone", "Your number?")
    found = instead((phone,), {"phone": "6175550133"}, text, MOMENT, parse)
    assert (found["phone"].value if found else None) == expected


def test_a_figure_in_passing_is_no_code() -> None:
    code = Slot("card", "digits", "The card number?", minimum=8, maximum=8)
    assert value(code, "could I talk with one of your people there") is None


def test_an_hour_beside_a_day_is_a_time_before_it_is_asked() -> None:
    day = Slot("day", "date", "Which day?")
    found = find_all((day, HOUR), "a Thursday, and say eleven", MOMENT, asked="day")
    assert {name: parsed.value for name, parsed in found.items()} == {"day": "2026-11-26", "hour": "11:00"}
