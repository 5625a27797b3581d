"""Values as they are said, and what is said when they are not allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inference.nodes import Slot, SlotKind
from inference.slots import check, parse, problem_text, read_back, spoken
from tests.support.said import SUNDAY, VISIT, moment


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("date", "2026-11-24", "Tuesday the 24th of November"),
        ("date", "2026-12-01", "Tuesday the 1st of December"),
        ("date", "2026-12-02", "Wednesday the 2nd of December"),
        ("date", "2026-12-03", "Thursday the 3rd of December"),
        ("date", "2026-12-11", "Friday the 11th of December"),
        ("date", "2028-05-03", "Wednesday the 3rd of May, 2028"),
        ("date", "1984-05-03", "the 3rd of May, 1984"),
        ("time", "15:30", "half past three"),
        ("time", "15:00", "three o'clock"),
        ("time", "09:15", "quarter past nine"),
        ("time", "16:45", "quarter to five"),
        ("time", "10:40", "twenty to eleven"),
        ("time", "14:05", "five past two"),
        ("time", "15:37", "three thirty-seven"),
        ("time", "15:02", "three oh two"),
        ("time", "19:30", "half past seven in the evening"),
        ("time", "07:00", "seven in the morning"),
        ("time", "12:00", "noon"),
        ("time", "00:00", "midnight"),
        ("time", "12:30", "half past twelve"),
        ("phone", "+442079460018", "zero two zero, seven nine four six, zero zero one eight"),
        ("digits", "48213", "four eight two, one three"),
        ("digits", "1234567", "one two three, four five six seven"),
        ("spelling", "AB-12", "A, B, dash, 1, 2"),
        ("email", "ona.hill@garden.com", "ona dot hill at garden dot com"),
        ("number", "12", "12"),
        ("name", "Peter Hill", "Peter Hill"),
        ("date", "soon", "soon"),
        ("date", "2026-02-30", "2026-02-30"),
        ("time", "25:00", "25:00"),
        ("phone", "what", "what"),
    ],
)
def test_how_a_value_is_said(kind: SlotKind, value: str, words: str) -> None:
    assert spoken(kind, value, moment()) == words


@pytest.mark.parametrize(
    ("kind", "value", "language", "words"),
    [
        ("date", "2026-11-24", "en-US", "Tuesday, November 24th"),
        ("date", "2026-11-24", "de", "Dienstag, 24. November"),
        ("date", "2026-11-24", "fr", "mardi, 24 novembre"),
        ("date", "2026-11-24", "xx", "2026-11-24"),
        ("time", "15:30", "de", "15:30"),
        ("phone", "+33142685300", "en-GB", "plus three three, one, four two, six eight, five three, zero zero"),
    ],
)
def test_how_it_is_said_elsewhere(kind: SlotKind, value: str, language: str, words: str) -> None:
    assert spoken(kind, value, moment(language)) == words


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("date", "2026-11-24", "Tuesday 24 November"),
        ("time", "15:30", "15:30"),
        ("phone", "+442079460018", "020 7946 0018"),
        ("phone", "+33142685300", "+33 1 42 68 53 00"),
        ("digits", "48213", "48213"),
        ("email", "ona@garden.com", "ona@garden.com"),
    ],
)
def test_how_it_is_written(kind: SlotKind, value: str, shown: str) -> None:
    assert spoken(kind, value, moment(voice=False)) == shown


def test_a_choice_is_read_back_by_its_label() -> None:
    assert read_back(VISIT, "cleaning", moment()) == "Teeth cleaning"


def test_a_masked_value_is_never_read_back_whole() -> None:
    card = Slot("card", "digits", masked=True)
    assert read_back(card, "4111111111111234", moment()) == "the one ending in one two three four"
    assert read_back(card, "1234", moment()) == ""
    assert read_back(Slot("name", "name", masked=True), "Peter Hill", moment()) == ""


def test_days_and_times_are_understood_as_they_are_said() -> None:
    for ahead in range(1, 200):
        day = (SUNDAY.date() + timedelta(days=ahead)).isoformat()
        for language in ("en-GB", "en-US"):
            parsed = parse(Slot("day", "date"), spoken("date", day, moment(language)), moment(language))
            assert parsed is not None
            assert (parsed.value, parsed.sure) == (day, True)
    for minutes in range(0, 24 * 60):
        time = f"{minutes // 60:02}:{minutes % 60:02}"
        parsed = parse(Slot("time", "time"), spoken("time", time, moment()), moment())
        assert parsed is not None
        assert parsed.value == time


@pytest.mark.parametrize(
    ("slot", "value", "code"),
    [
        (Slot("d", "date", minimum=0), "2026-11-22", ""),
        (Slot("d", "date", minimum=0), "2026-11-21", "in_the_past"),
        (Slot("d", "date", minimum=1), "2026-11-22", "out_of_range"),
        (Slot("d", "date", maximum=30), "2027-11-22", "out_of_range"),
        (Slot("d", "date", maximum=0), "2026-11-23", "in_the_future"),
        (Slot("d", "date"), "2020-01-01", ""),
        (Slot("d", "date"), "2026-02-30", "not_a_date"),
        (Slot("d", "date"), "Tuesday", "not_a_date"),
        (Slot("t", "time"), "15:30", ""),
        (Slot("t", "time"), "24:30", "not_a_time"),
        (Slot("t", "time", minimum=9, maximum=17), "17:30", "out_of_range"),
        (Slot("t", "time", minimum=9, maximum=17.5), "17:30", ""),
        (Slot("n", "number", minimum=1, maximum=12), "0", "out_of_range"),
        (Slot("n", "number", minimum=1, maximum=12), "13", "out_of_range"),
        (Slot("n", "number", minimum=1, maximum=12), "12", ""),
        (Slot("n", "number"), "many", "not_a_number"),
        (Slot("n", "number"), "١٢", "not_a_number"),
        (Slot("n", "number"), "1e5", "not_a_number"),
        (Slot("p", "phone"), "+442079460018", ""),
        (Slot("p", "phone"), "5550123", ""),
        (Slot("p", "phone"), "12345", "not_a_phone"),
        (Slot("e", "email"), "ona@garden.com", ""),
        (Slot("e", "email"), "ona@garden", "not_an_email"),
        (VISIT, "cleaning", ""),
        (VISIT, "Teeth cleaning", "not_a_choice"),
        (Slot("y", "yes_no"), "yes", ""),
        (Slot("y", "yes_no"), "maybe", "not_yes_no"),
        (Slot("c", "digits", minimum=5, maximum=5), "1234", "too_short"),
        (Slot("c", "digits", minimum=5, maximum=5), "123456", "too_long"),
        (Slot("c", "digits"), "12a", "not_digits"),
        (Slot("c", "spelling", maximum=3), "HILL", "too_long"),
        (Slot("n", "name"), "Peter", ""),
        (Slot("n", "name"), "", "empty"),
        (Slot("n", "name", optional=True), "", ""),
        (Slot("x", "text"), "a" * 2000, "too_long"),
    ],
)
def test_what_is_allowed(slot: Slot, value: str, code: str) -> None:
    assert check(slot, value, moment()) == code
    if code:
        assert problem_text(code, slot, "en").endswith(".")
        assert problem_text(code, slot, "de") != problem_text(code, slot, "en")


@pytest.mark.parametrize(
    ("code", "slot", "sentence"),
    [
        ("in_the_past", Slot("d", "date", minimum=0), "That day is already over."),
        ("out_of_range", Slot("d", "date", minimum=1), "Sorry, it has to be at least 1 day from today."),
        ("out_of_range", Slot("d", "date", minimum=0, maximum=60), "Sorry, it can be 60 days from today at most."),
        ("out_of_range", Slot("n", "number", minimum=1, maximum=12), "Sorry, it has to be between 1 and 12."),
        ("out_of_range", Slot("n", "number", minimum=18), "Sorry, it has to be at least 18."),
        (
            "out_of_range",
            Slot("t", "time", minimum=9, maximum=17.5),
            "Sorry, it has to be between nine o'clock and half past five.",
        ),
        ("too_short", Slot("c", "digits", minimum=5, maximum=5), "Sorry, it should have 5 digits."),
        ("too_long", Slot("c", "spelling", maximum=6), "Sorry, it should have at most 6 characters."),
        ("unheard_of", Slot("c", "text"), "Sorry, that is not possible."),
    ],
)
def test_what_is_said_about_it(code: str, slot: Slot, sentence: str) -> None:
    assert problem_text(code, slot, "en-GB") == sentence
