"""Several slots in one sentence."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference.nodes import Choice, Slot, SlotKind
from inference.slots import (
    check,
    declines,
    expects_of,
    find_all,
    is_correction,
    parse,
    problem_text,
    read_back,
    spoken,
    yes_no,
)
from tests.support.said import VISIT, moment

DAY = Slot("day", "date", ask="Which day would you like?", minimum=0)
TIME = Slot("time", "time", ask="What time?")
NAME = Slot("name", "name", ask="What is your name?")
PHONE = Slot("phone", "phone", ask="What is your phone number?")
EMAIL = Slot("email", "email", ask="And your e-mail address?")
PEOPLE = Slot("people", "number", ask="For how many people?")
NOTE = Slot("note", "text", ask="Anything we should know?")
DENTAL = (VISIT, DAY, TIME, NAME, PHONE)
TABLE = (PEOPLE, DAY, TIME, NAME, PHONE)
BIRTH = Slot("birth", "date", ask="When were you born?", label="the date of birth", maximum=0)
FROM = Slot("arrival", "date", ask="When do you arrive?", minimum=0)
UNTIL = Slot("departure", "date", ask="When do you leave?", minimum=0)
ORDER = Slot("order", "digits", ask="What is your order number?", minimum=5, maximum=8)


def values(slots: tuple[Slot, ...], text: str, asked: str = "", language: str = "en-GB") -> dict[str, str]:
    return {name: parsed.value for name, parsed in find_all(slots, text, moment(language), asked).items()}


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (
            "I'd like a cleaning next Tuesday at half three, my name is Peter Hill",
            "",
            {"visit": "cleaning", "day": "2026-11-24", "time": "15:30", "name": "Peter Hill"},
        ),
        ("Peter Hill, on Tuesday at three", "name", {"name": "Peter Hill", "day": "2026-11-24", "time": "15:00"}),
        ("Tuesday at three", "day", {"day": "2026-11-24", "time": "15:00"}),
        ("Tuesday, three o'clock", "day", {"day": "2026-11-24", "time": "15:00"}),
        ("the third at three", "day", {"day": "2026-12-03", "time": "15:00"}),
        ("three", "time", {"time": "15:00"}),
        ("tomorrow morning at nine", "day", {"day": "2026-11-23", "time": "09:00"}),
        ("tomorrow at half past ten for a check-up", "", {"day": "2026-11-23", "time": "10:30", "visit": "checkup"}),
        (
            "My name is Ona Brown and my number is 07700 900123",
            "name",
            {"name": "Ona Brown", "phone": "+447700900123"},
        ),
        ("Ona Brown, 07700 900123", "name", {"name": "Ona Brown", "phone": "+447700900123"}),
        ("07700 900123", "name", {"phone": "+447700900123"}),
        ("Yes, a check-up please.", "visit", {"visit": "checkup"}),
        ("Tuesday. What does a check-up cost?", "day", {"day": "2026-11-24"}),
        ("What are your opening hours on Tuesday?", "day", {}),
        ("I don't know", "day", {}),
        ("Hello", "", {}),
        ("I've had a toothache since Monday", "", {"visit": "emergency"}),
        ("no, Wednesday at four", "", {"day": "2026-11-25", "time": "16:00"}),
        ("No, not Tuesday, Wednesday.", "time", {"day": "2026-11-25"}),
        ("Last Tuesday I was there", "", {}),
        ("I want to move my appointment from Tuesday to Thursday", "", {"day": "2026-11-26"}),
        ("I have one on Tuesday, can we make it Thursday?", "", {"day": "2026-11-26"}),
        ("my appointment is on Friday at 3 but I'd like Monday at 4", "", {"day": "2026-11-23", "time": "16:00"}),
        ("my insurance number is 123456789", "", {}),
        ("not tomorrow, the day after tomorrow", "", {"day": "2026-11-24"}),
        ("Tuesday three thirty", "day", {"day": "2026-11-24", "time": "15:30"}),
        ("Are you open on Tuesday? If so, at three.", "time", {"time": "15:00"}),
    ],
)
def test_a_dentist(text: str, asked: str, expected: dict[str, str]) -> None:
    assert values(DENTAL, text, asked) == expected


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (
            "A table for four on Friday at half past seven",
            "",
            {"people": "4", "day": "2026-11-27", "time": "19:30"},
        ),
        (
            "Two people, tomorrow at eight p.m., the name is Brown",
            "people",
            {"people": "2", "day": "2026-11-23", "time": "20:00", "name": "Brown"},
        ),
        ("For two, at seven, on the 3rd", "people", {"people": "2", "time": "19:00", "day": "2026-12-03"}),
        ("four", "people", {"people": "4"}),
        ("four", "time", {"time": "16:00"}),
        ("make that six people", "", {"people": "6"}),
        ("just the two of us tonight", "people", {"people": "2", "day": "2026-11-22"}),
        (
            "Table for two tomorrow at 7:30 pm under Smith",
            "",
            {"people": "2", "day": "2026-11-23", "time": "19:30", "name": "Smith"},
        ),
        ("4 of us, Saturday night, around 8", "", {"people": "4", "day": "2026-11-28", "time": "20:00"}),
        ("We'll be five, on Sunday at one", "", {"people": "5", "day": "2026-11-29", "time": "13:00"}),
        ("two adults and one child", "people", {"people": "3"}),
        ("for four people. Sorry, five.", "", {"people": "5"}),
        ("Saturday the 28th for a party of eight", "day", {"day": "2026-11-28", "people": "8"}),
    ],
)
def test_a_restaurant(text: str, asked: str, expected: dict[str, str]) -> None:
    assert values(TABLE, text, asked) == expected


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("from the 3rd to the 5th of December", "", {"arrival": "2026-12-03", "departure": "2026-12-05"}),
        ("from the 3rd to the 5th", "arrival", {"arrival": "2026-12-03", "departure": "2026-12-05"}),
        ("on Friday until Sunday", "arrival", {"arrival": "2026-11-27", "departure": "2026-11-29"}),
        ("we arrive on Friday", "", {"arrival": "2026-11-27"}),
        ("we're leaving on Sunday", "", {"departure": "2026-11-29"}),
        ("Friday", "departure", {"departure": "2026-11-27"}),
        ("Friday or Saturday", "arrival", {"arrival": "2026-11-27"}),
    ],
)
def test_two_slots_of_one_kind(text: str, asked: str, expected: dict[str, str]) -> None:
    assert values((FROM, UNTIL), text, asked) == expected


def test_a_day_goes_to_the_slot_it_fits() -> None:
    assert values((BIRTH, DAY), "the 3rd of May 1984") == {"birth": "1984-05-03"}
    assert values((BIRTH, DAY), "I was born on the 3rd of May 1984 and I can come on Tuesday") == {
        "birth": "1984-05-03",
        "day": "2026-11-24",
    }


def test_asked_digits_are_no_phone_number() -> None:
    assert values((ORDER, PHONE), "4 8 2 1 3 0 0 1", "order") == {"order": "48213001"}
    assert values((ORDER, PHONE), "48213, and my phone number is 07700 900123", "order") == {
        "order": "48213",
        "phone": "+447700900123",
    }


def test_first_and_last_name_are_found_in_one() -> None:
    first, last = Slot("first_name", "name"), Slot("last_name", "name")
    assert values((first, last), "my name is Peter Hill") == {"first_name": "Peter", "last_name": "Hill"}
    assert values((first, last), "I'm Peter", "first_name")["first_name"] == "Peter"


def test_free_text_is_the_whole_answer_and_never_guessed() -> None:
    assert values((NOTE, DAY), "We have a small dog with us", "note") == {"note": "We have a small dog with us"}
    assert values((NOTE, DAY), "We have a small dog with us") == {}
    assert values((NOTE, DAY), "On Tuesday, please", "note") == {"day": "2026-11-24"}
    assert values((NOTE,), "I don't know", "note") == {}
    assert values((NOTE,), "Um, well, window seat. How much is it?", "note") == {"note": "window seat"}


def test_email_and_phone_together() -> None:
    said = "ona at garden dot com, and my mobile is oh seven seven double oh nine double oh one two three"
    assert values((EMAIL, PHONE), said, "email") == {"email": "ona@garden.com", "phone": "+447700900123"}


def test_the_words_of_a_value_are_in_the_sentence() -> None:
    text = "A table for four on Friday at half past seven"
    for parsed in find_all(TABLE, text, moment()).values():
        assert parsed.words
        assert parsed.words in text


def test_what_is_asked_decides_how_patient_to_be() -> None:
    assert expects_of(PHONE) == "phone"
    assert expects_of(Slot("x", "spelling")) == "spelling"
    assert expects_of(Slot("x", "address")) == "free"


KINDS: tuple[SlotKind, ...] = (
    "text", "name", "phone", "email", "date", "time", "number", "address", "choice", "yes_no", "digits", "spelling",
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "yes",
        "no",
        "not",
        "three",
        "half",
        "past",
        "to",
        "at",
        "quarter",
        "next",
        "tuesday",
        "the",
        "3rd",
        "of",
        "november",
        "24",
        "11",
        "2026",
        "99",
        "0",
        "oh",
        "double",
        "minus",
        "point",
        "and",
        "a",
        "hundred",
        "thousand",
        "million",
        "dot",
        "com",
        "@",
        ".",
        ",",
        "?",
        "-",
        "–",
        "/",
        ":",
        ";",
        "15:30",
        "3.30",
        "1,200",
        "H",
        "I",
        "L",
        "L",
        "as",
        "in",
        "bravo",
        "my",
        "name",
        "is",
        "peter",
        "it's",
        "i'm",
        "don't",
        "know",
        "sorry",
        "actually",
        "from",
        "until",
        "week",
        "weeks",
        "in",
        "two",
        "last",
        "first",
        "morning",
        "İ",
        "ß",
        "٣",
        "𝟛",
        "½",
        "²",
        "'",
        '"',
        "+",
        "#",
        "*",
        "\n",
        "\x00",
        "am",
        "pm",
        "10000000000000000000000",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join)),
    language=st.sampled_from(("en", "en-GB", "de", "fr", "xx", "")),
    kind=st.sampled_from(KINDS),
    low=st.sampled_from((None, 0.0, -5.0, 3.0)),
    high=st.sampled_from((None, 0.0, 10.0)),
    keypad=st.booleans(),
)
@example(text="in 999 years", language="en", kind="date", low=None, high=None, keypad=False)
@example(text="9999-12-31", language="en", kind="date", low=None, high=None, keypad=False)
@example(text="00000000", language="en", kind="date", low=None, high=None, keypad=True)
def test_nothing_raises(
    text: str, language: str, kind: SlotKind, low: float | None, high: float | None, keypad: bool
) -> None:
    here = moment(language)
    slot = Slot(
        "it", kind, minimum=low, maximum=high, choices=(Choice("a", "Half past"), Choice("b", "Bravo", ("3",), "1"))
    )
    for asked in (True, False):
        parsed = parse(slot, text, here, keypad=keypad, asked=asked)
        if parsed is None:
            continue
        assert parsed.words in text or keypad
        code = check(slot, parsed.value, here)
        assert not code or problem_text(code, slot, language)
        assert isinstance(spoken(kind, parsed.value, here), str)
        assert isinstance(read_back(slot, parsed.value, here), str)
    others = (*TABLE, EMAIL, ORDER, NOTE, slot)
    for found in find_all(others, text, here, "it").values():
        assert found.value
    yes_no(text), declines(text), is_correction(text)
    for other in KINDS:
        spoken(other, text, here)
        check(Slot("it", other), text, here)


@pytest.mark.parametrize(
    "text", ["1 " * 5000, "at " * 3000, "dot com " * 2000, "a" * 100_000, "- " * 5000, "no, " * 4000]
)
def test_long_nonsense_takes_no_time_to_speak_of(text: str) -> None:
    for kind in KINDS:
        parse(Slot("it", kind, choices=VISIT.choices), text, moment())
    find_all((*TABLE, *DENTAL, EMAIL, ORDER, NOTE), text, moment(), "note")
