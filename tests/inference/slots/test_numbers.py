"""Quantities, digits and choices."""

from __future__ import annotations

import pytest

from inference.nodes import Choice, Slot
from inference.slots import parse
from tests.support.said import VISIT, found, moment, value

PEOPLE = Slot("people", "number", ask="For how many people?", minimum=1, maximum=12)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("two", "2"),
        ("2", "2"),
        ("Two, please.", "2"),
        ("twenty-five", "25"),
        ("twenty five", "25"),
        ("a hundred", "100"),
        ("one hundred and twenty", "120"),
        ("two hundred fifty", "250"),
        ("a thousand", "1000"),
        ("three thousand five hundred", "3500"),
        ("two hundred and fifty thousand", "250000"),
        ("1,200", "1200"),
        ("1,200.50", "1200.5"),
        ("3.5", "3.5"),
        ("three point five", "3.5"),
        ("three point one four", "3.14"),
        ("two and a half", "2.5"),
        ("minus five", "-5"),
        ("zero", "0"),
        ("none", "0"),
        ("a dozen", "12"),
        ("half a dozen", "6"),
        ("a couple", "2"),
        ("it's 42", "42"),
        ("about fifteen", "15"),
        ("There are four of us", "4"),
        ("four, no, five", "5"),
        ("not four, five", "5"),
        ("three or four", "3"),
        ("one two three", "123"),
        ("make that six", "6"),
        ("two million", "2000000"),
        ("between 10 and 20", "10"),
        ("twelve hundred", "1200"),
    ],
)
def test_a_number(text: str, number: str) -> None:
    assert value("number", text) == number


@pytest.mark.parametrize(
    "text", ["", "I don't know", "this one", "Tuesday", "the third of May", "at three", "half past four"]
)
def test_no_number(text: str) -> None:
    assert value("number", text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a table for four", "4"),
        ("for two people", "2"),
        ("there will be six of us", "6"),
        ("a table for two on Tuesday at three", "2"),
        ("a party of eight at half past seven", "8"),
        ("five guests on the 3rd of May", "5"),
    ],
)
def test_people_are_counted_wherever_they_are_said(text: str, number: str) -> None:
    parsed = found(PEOPLE, text, asked=False)
    assert parsed is not None
    assert parsed.value == number


@pytest.mark.parametrize(("text", "number"), [("just me", "1"), ("Just myself", "1"), ("my wife and I", "2")])
def test_people_who_are_not_counted(text: str, number: str) -> None:
    parsed = found(PEOPLE, text)
    assert parsed is not None
    assert parsed.value == number


@pytest.mark.parametrize("text", ["two", "at two", "on the second", "room 12"])
def test_not_unmistakable(text: str) -> None:
    assert found(PEOPLE, text, asked=False) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("one two three four", "1234"),
        ("1 2 3 4", "1234"),
        ("1234", "1234"),
        ("twelve thirty four", "1234"),
        ("double five six oh", "5560"),
        ("triple nine", "999"),
        ("oh oh seven", "007"),
        ("it's 48-213", "48213"),
        ("My order number is 4 8 2 1 3.", "48213"),
        ("four eight, two one, three", "48213"),
        ("four eight two one three, sorry, two one four", "48214"),
        ("4821. 3.", "48213"),
        ("nine hundred", "900"),
        ("zero zero one", "001"),
        ("four thousand five hundred", "4500"),
    ],
)
def test_digits(text: str, digits: str) -> None:
    assert value("digits", text) == digits


def test_digits_are_unmistakable_beside_their_own_words() -> None:
    order = Slot("order", "digits", ask="What is your order number?", minimum=5, maximum=5)
    parsed = found(order, "Hi, where is my order 48213?", asked=False)
    assert parsed is not None
    assert parsed.value == "48213"
    assert found(order, "I ordered 3 of them", asked=False) is None


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("check-up", "checkup"),
        ("A checkup, please.", "checkup"),
        ("I need a check up", "checkup"),
        ("check-ups", "checkup"),
        ("an examination", "checkup"),
        ("teeth cleaning", "cleaning"),
        ("a cleaning", "cleaning"),
        ("I'd like my teeth cleaned", "cleaning"),
        ("the hygienist", "cleaning"),
        ("scale and polish", "cleaning"),
        ("I have a broken tooth", "emergency"),
        ("It's an emergency!", "emergency"),
        ("I have an awful toothache", "emergency"),
        ("the first one", "checkup"),
        ("the second", "cleaning"),
        ("the last one", "emergency"),
        ("number two", "cleaning"),
        ("option 3", "emergency"),
        ("two", "cleaning"),
        ("2", "cleaning"),
        ("an emergancy", "emergency"),
        ("teeth cleening", "cleaning"),
        ("check-up, no, cleaning", "cleaning"),
        ("not a check-up, a cleaning", "cleaning"),
    ],
)
def test_a_choice(text: str, choice: str) -> None:
    parsed = found(VISIT, text)
    assert parsed is not None
    assert parsed.value == choice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I don't know",
        "a check-up or a cleaning",
        "something else",
        "Tuesday",
        "the fourth",
        "not a check-up",
        "both",
    ],
)
def test_no_choice(text: str) -> None:
    assert found(VISIT, text) is None


@pytest.mark.parametrize("text", ["the first one", "two", "an emergancy", "a new tooth"])
def test_a_choice_that_is_not_unmistakable(text: str) -> None:
    assert found(VISIT, text, asked=False) is None


def test_the_longest_name_is_the_choice() -> None:
    slot = Slot(
        "kind",
        "choice",
        choices=(
            Choice("check", "Check-up"),
            Choice("new", "New patient check-up"),
            Choice("both", "Check-up and cleaning"),
        ),
    )
    parsed = parse(slot, "a new patient check-up please", moment())
    assert parsed is not None
    assert parsed.value == "new"


def test_yes_and_no_are_values_too() -> None:
    assert value("yes_no", "Yes, please.") == "yes"
    assert value("yes_no", "no thanks") == "no"
    assert value("yes_no", "Tuesday") is None
    assert value("yes_no", "yes", asked=False) is None


@pytest.mark.parametrize(
    ("slot", "keys", "expected"),
    [
        (VISIT, "2", "cleaning"),
        (VISIT, "9", None),
        (Slot("c", "choice", choices=(Choice("a", key="5"), Choice("b"))), "5", "a"),
        (Slot("c", "choice", choices=(Choice("a", key="5"), Choice("b"))), "1", None),
        (Slot("y", "yes_no"), "1", "yes"),
        (Slot("y", "yes_no"), "2", "no"),
        (Slot("y", "yes_no"), "3", None),
        (Slot("n", "number"), "012#", "12"),
        (Slot("n", "number"), "3*5#", "3.5"),
        (Slot("n", "digits"), "0042#", "0042"),
        (Slot("p", "phone"), "07700900123#", "+447700900123"),
        (Slot("d", "date"), "2411", "2026-11-24"),
        (Slot("d", "date"), "24112027", "2027-11-24"),
        (Slot("d", "date", maximum=0), "030584", "1984-05-03"),
        (Slot("d", "date"), "9999", None),
        (Slot("t", "time"), "1530", "15:30"),
        (Slot("t", "time"), "930", "09:30"),
        (Slot("t", "time"), "3", "15:00"),
        (Slot("t", "time"), "2561", None),
        (Slot("x", "name"), "123", None),
        (Slot("n", "digits"), "*", None),
    ],
)
def test_keys(slot: Slot, keys: str, expected: str | None) -> None:
    parsed = parse(slot, keys, moment(), keypad=True)
    assert (parsed.value if parsed else None) == expected


def test_an_amount_without_its_hundred() -> None:
    bill = Slot("bill", "number", "About how many dollars is it a month?")
    for text, amount in (("two fifty", "250"), ("It's like one eighty a month.", "180")):
        parsed = found(bill, text)
        assert parsed is not None
        assert (parsed.value, parsed.sure) == (amount, True)
    for text, amount in (("two hundred fifty", "250"), ("fifty two", "52"), ("five", "5")):
        parsed = found(bill, text)
        assert parsed is not None
        assert parsed.value == amount


def test_first_thing_is_no_choice() -> None:
    assert found(VISIT, "Does Monday suit, first thing?") is None
    parsed = found(VISIT, "The first one, please.")
    assert parsed is not None
    assert parsed.value == "checkup"


def test_what_was_long_ago_is_no_choice() -> None:
    start = Slot("start", "choice", choices=(Choice("now", "right away"), Choice("year", "within a year")))
    assert found(start, "We bought it four years ago.") is None
    assert found(start, "Some time this year.") is not None
