"""Names and other words that are spelled."""

from __future__ import annotations

import pytest

from inference.nodes import Slot
from inference.slots import parse
from tests.support.said import found, moment, value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Peter Hill", "Peter Hill"),
        ("Peter Hill.", "Peter Hill"),
        ("peter hill", "Peter Hill"),
        ("My name is Peter Hill.", "Peter Hill"),
        ("my name's ona", "Ona"),
        ("It's Peter Hill.", "Peter Hill"),
        ("Yes, it's Ona Brown.", "Ona Brown"),
        ("This is Peter Hill speaking.", "Peter Hill"),
        ("I'm Peter Hill", "Peter Hill"),
        ("Hi, I'm Ona.", "Ona"),
        ("The name is Hill, Peter Hill.", "Peter Hill"),
        ("It's under Hill", "Hill"),
        ("You can call me Ona.", "Ona"),
        ("Sure. Peter.", "Peter"),
        ("Peter Hill, please", "Peter Hill"),
        ("Peter Hill here", "Peter Hill"),
        ("That would be Ona Brown", "Ona Brown"),
        ("Jean-Luc O'Brien", "Jean-Luc O'Brien"),
        ("siobhan o'brien", "Siobhan O'Brien"),
        ("Ludwig van Beethoven", "Ludwig van Beethoven"),
        ("Mr. Hill", "Hill"),
        ("Mrs Brown", "Brown"),
        ("Dr. Ona Brown", "Ona Brown"),
        ("Mary J. Blige", "Mary J Blige"),
        ("McDonald", "McDonald"),
        ("Peter Hill, H I L L", "Peter Hill"),
        ("Peter Hyll. That's H-Y-L-L.", "Peter Hyll"),
        ("Peter Hill, spelled H Y L L", "Peter Hyll"),
        ("Hill, hotel yankee lima lima", "Hyll"),
        ("P E T E R", "Peter"),
        ("Zoë Müller", "Zoë Müller"),
        ("My name is Peter Hill and I'd like an appointment", "Peter Hill"),
        ("no, it's Ona", "Ona"),
        ("No, that's wrong, it's Petra.", "Petra"),
        ("My name? Peter.", "Peter"),
        ("It's Peter. Peter Hill.", "Peter Hill"),
        ("Peter, P E T E R, Hill, H Y L L", "Peter Hyll"),
        ("Hill is my last name", "Hill"),
        ("Will Brown", "Will Brown"),
        ("April", "April"),
        ("My name is Peter and my number is 07700 900123", "Peter"),
    ],
)
def test_a_name(text: str, name: str) -> None:
    assert value("name", text) == name


@pytest.mark.parametrize(
    "text",
    [
        "", "I don't know", "I'd rather not say", "What do you need that for?", "Tuesday", "yes",
        "I'm looking for a table",
        "half past three", "I'm not sure", "can you hear me", "no", "I want to book an appointment", "12", "hello",
    ],
)  # fmt: skip
def test_no_name(text: str) -> None:
    assert value("name", text) is None


@pytest.mark.parametrize(
    "text", ["Peter", "Peter Hill", "I'm allergic to nuts", "I'm calling about a filling", "Yes, Leeds"]
)
def test_not_unmistakable(text: str) -> None:
    assert value("name", text, asked=False) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Peter Hill and I want a table", "Peter Hill"),
        ("Hi, this is Ona Brown", "Ona Brown"),
        ("Hello, I'm Peter Hill and I need a check-up", "Peter Hill"),
        ("a table for two under the name of Hill", "Hill"),
    ],
)
def test_unmistakable(text: str, name: str) -> None:
    assert value("name", text, asked=False) == name


@pytest.mark.parametrize(
    ("slot", "text", "name"),
    [
        (Slot("first_name", "name"), "Peter Hill", "Peter"),
        (Slot("last_name", "name"), "Peter Hill", "Hill"),
        (Slot("surname", "name"), "Hill", "Hill"),
        (Slot("last_name", "name"), "It's van Gogh", "van Gogh"),
    ],
)
def test_a_part_of_a_name(slot: Slot, text: str, name: str) -> None:
    parsed = parse(slot, text, moment())
    assert parsed is not None
    assert parsed.value == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("H I L L", "HILL"),
        ("H-I-L-L", "HILL"),
        ("h, i, l, l.", "HILL"),
        ("H I double L", "HILL"),
        ("hotel india lima lima", "HILL"),
        ("H as in hotel, I as in India, double L", "HILL"),
        ("B as in Bravo, seven, four", "B74"),
        ("A for apple, B for banana", "AB"),
        ("it's A B one two three", "AB123"),
        ("AB123", "AB123"),
        ("ab-123", "AB-123"),
        ("A B dash one two", "AB-12"),
        ("capital A, B, 4", "AB4"),
        ("double you six", "W6"),
        ("double U six", "W6"),
        ("X Y Zed 9", "XYZ9"),
        ("PNR is QX7R2P", "QX7R2P"),
        ("the reference is Q X 7 R 2 P", "QX7R2P"),
        ("Hill", "HILL"),
    ],
)
def test_what_is_spelled(text: str, code: str) -> None:
    assert value("spelling", text) == code


@pytest.mark.parametrize("text", ["", "I don't know that", "can you help me with something else"])
def test_nothing_is_spelled(text: str) -> None:
    assert value("spelling", text) is None


def test_a_plain_word_is_a_guess_at_what_is_spelled() -> None:
    parsed = found(Slot("code", "spelling"), "Hill")
    assert parsed is not None
    assert not parsed.sure
