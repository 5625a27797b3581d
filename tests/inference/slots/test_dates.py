"""Days in words, said on Sunday the 22nd of November 2026."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from inference.nodes import Slot
from inference.slots import parse
from tests.support.said import found, moment, value

BIRTH = Slot("birth_date", "date", maximum=0)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-22"),
        ("Today, please.", "2026-11-22"),
        ("tomorrow", "2026-11-23"),
        ("Tomorrow morning.", "2026-11-23"),
        ("tomorrow's fine", "2026-11-23"),
        ("the day after tomorrow", "2026-11-24"),
        ("Day after tomorrow, if that works.", "2026-11-24"),
        ("yesterday", "2026-11-21"),
        ("tonight", "2026-11-22"),
        ("this afternoon", "2026-11-22"),
        ("Tuesday", "2026-11-24"),
        ("on Tuesday please", "2026-11-24"),
        ("Tuesday's good for me", "2026-11-24"),
        ("next Tuesday", "2026-11-24"),
        ("Next Tuesday at half three.", "2026-11-24"),
        ("this Friday", "2026-11-27"),
        ("this coming Friday", "2026-11-27"),
        ("the coming Wednesday", "2026-11-25"),
        ("Friday next week", "2026-11-27"),
        ("next week Friday", "2026-11-27"),
        ("next week on Thursday", "2026-11-26"),
        ("Friday the week after next", "2026-12-04"),
        ("the week after next on Friday", "2026-12-04"),
        ("a week on Tuesday", "2026-12-01"),
        ("a week from Tuesday", "2026-12-01"),
        ("Tuesday week", "2026-12-01"),
        ("two weeks from Tuesday", "2026-12-08"),
        ("a week from tomorrow", "2026-11-30"),
        ("a week today", "2026-11-29"),
        ("the Monday after next", "2026-11-30"),
        ("tomorrow week", "2026-11-30"),
        ("in two weeks", "2026-12-06"),
        ("in two weeks' time", "2026-12-06"),
        ("in a fortnight", "2026-12-06"),
        ("in three days", "2026-11-25"),
        ("three days from now", "2026-11-25"),
        ("in 10 days", "2026-12-02"),
        ("Tuesday in two weeks", "2026-12-08"),
        ("in a week", "2026-11-29"),
        ("the 3rd", "2026-12-03"),
        ("the third", "2026-12-03"),
        ("the twenty-fourth", "2026-11-24"),
        ("twenty fourth please", "2026-11-24"),
        ("on the 24th", "2026-11-24"),
        ("Tuesday the 24th", "2026-11-24"),
        ("Tuesday, the twenty-fourth", "2026-11-24"),
        ("Tuesday 24th", "2026-11-24"),
        ("the 24th of November", "2026-11-24"),
        ("24 November", "2026-11-24"),
        ("November 24th", "2026-11-24"),
        ("November the 24th", "2026-11-24"),
        ("november twenty fourth", "2026-11-24"),
        ("the first of December", "2026-12-01"),
        ("December 1", "2026-12-01"),
        ("1 Dec", "2026-12-01"),
        ("Tuesday, the 1st of December.", "2026-12-01"),
        ("Tuesday. 1st December.", "2026-12-01"),
        ("the third of January", "2027-01-03"),
        ("January 3rd", "2027-01-03"),
        ("the 3rd of March 2027", "2027-03-03"),
        ("March the third, twenty twenty seven", "2027-03-03"),
        ("3 May 2027", "2027-05-03"),
        ("May 3rd", "2027-05-03"),
        ("24/11/2026", "2026-11-24"),
        ("24.11.2026", "2026-11-24"),
        ("24-11-2026", "2026-11-24"),
        ("2026-11-24", "2026-11-24"),
        ("24/11/26", "2026-11-24"),
        ("03/12/2026", "2026-12-03"),
        ("24/11", "2026-11-24"),
        ("24 11 2026", "2026-11-24"),
        ("the 3rd of next month", "2026-12-03"),
        ("the 30th of this month", "2026-11-30"),
        ("the first Monday in December", "2026-12-07"),
        ("the last Friday of the month", "2026-11-27"),
        ("Christmas Eve", "2026-12-24"),
        ("New Year's Day", "2027-01-01"),
        ("the 20th of November", "2026-11-20"),
        ("the 24", "2026-11-24"),
        ("24", "2026-11-24"),
        ("last Friday", "2026-11-20"),
        ("two days ago", "2026-11-20"),
        ("Um, I think, uh, Thursday would be best.", "2026-11-26"),
        ("I could do Thursday.", "2026-11-26"),
        ("Would Thursday work?", "2026-11-26"),
        ("What do you have on Thursday?", "2026-11-26"),
        ("How about Thursday?", "2026-11-26"),
        ("Sat 28", "2026-11-28"),
        ("Sat 28th", "2026-11-28"),
        ("Sat", "2026-11-28"),
    ],
)
def test_a_day(text: str, day: str) -> None:
    assert value("date", text) == day


@pytest.mark.parametrize(
    "text",
    [
        "", "I don't know.", "Peter Hill", "at three", "half past four", "the first available one", "just a second",
        "What are your opening hours on Monday?", "the 32nd of December", "30th of February", "may I ask something",
        "How much does it cost on Tuesday?", "I sat down", "in the sun", "not Tuesday", "99",
    ],
)  # fmt: skip
def test_no_day(text: str) -> None:
    assert value("date", text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Tuesday. No, wait, Wednesday.", "2026-11-25"),
        ("Tuesday, no, Thursday", "2026-11-26"),
        ("The 24th, sorry, the 25th.", "2026-11-25"),
        ("Not Tuesday, Wednesday.", "2026-11-25"),
        ("Wednesday, not Tuesday.", "2026-11-25"),
        ("I can't do Tuesday, so Wednesday.", "2026-11-25"),
        ("tomorrow, actually make that Tuesday", "2026-11-24"),
        ("Wednesday instead of Tuesday", "2026-11-25"),
        ("No, Friday", "2026-11-27"),
        ("I said Friday", "2026-11-27"),
    ],
)
def test_of_two_days_the_one_that_stands(text: str, day: str) -> None:
    assert value("date", text) == day


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday or Wednesday", "next week", "at the weekend", "in a couple of weeks", "Tuesday the 25th",
        "the end of next month", "I don't know, maybe Tuesday", "03/12/2026", "next month",
    ],
)  # fmt: skip
def test_a_guess_is_told_as_one(text: str) -> None:
    parsed = found(Slot("day", "date"), text)
    assert parsed is not None
    assert not parsed.sure


@pytest.mark.parametrize(
    ("weekday", "text", "day", "sure"),
    [
        (23, "Tuesday", "2026-11-24", True),
        (23, "next Tuesday", "2026-12-01", False),
        (23, "Monday", "2026-11-30", False),
        (23, "this Monday", "2026-11-23", True),
        (25, "next Tuesday", "2026-12-01", True),
        (25, "next Friday", "2026-12-04", False),
        (25, "Friday", "2026-11-27", True),
        (25, "this Friday", "2026-11-27", True),
        (27, "next Monday", "2026-11-30", True),
    ],
)
def test_weekdays_as_the_week_goes_on(weekday: int, text: str, day: str, sure: bool) -> None:
    now = datetime(2026, 11, weekday, 9, tzinfo=ZoneInfo("Europe/London"))
    parsed = parse(Slot("day", "date"), text, moment(now=now))
    assert parsed is not None
    assert (parsed.value, parsed.sure) == (day, sure)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("the 3rd of May 1984", "1984-05-03"),
        ("third of May nineteen eighty-four", "1984-05-03"),
        ("May 3rd 84", "1984-05-03"),
        ("3/5/84", "1984-05-03"),
        ("03 05 1984", "1984-05-03"),
        ("the first of January two thousand and five", "2005-01-01"),
        ("January 1st two thousand five", "2005-01-01"),
        ("29 February 2000", "2000-02-29"),
        ("12 December", "2025-12-12"),
    ],
)
def test_a_date_of_birth(text: str, day: str) -> None:
    parsed = found(BIRTH, text)
    assert parsed is not None
    assert parsed.value == day


@pytest.mark.parametrize(
    "text",
    ["I've had it since Tuesday.", "Not before Monday", "Is the clinic open on Monday?", "the third", "24", "next week",
     "every Monday", "What time do you close on Friday?"],
)  # fmt: skip
def test_not_unmistakable(text: str) -> None:
    assert value("date", text, asked=False) is None


@pytest.mark.parametrize("text", ["I'd like to come next Tuesday", "Tuesday", "on the 24th", "24/11/2026", "tomorrow"])
def test_unmistakable(text: str) -> None:
    assert value("date", text, asked=False) is not None


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en-US", "3/12/2026", "2026-03-12"),
        ("en", "3/12/2026", "2026-03-12"),
        ("en-US", "24/12/2026", "2026-12-24"),
        ("de", "am Dienstag", "2026-11-24"),
        ("de", "nächsten Dienstag um 15 Uhr", "2026-11-24"),
        ("de", "am 24. November", "2026-11-24"),
        ("de-DE", "morgen", "2026-11-23"),
        ("fr", "le 24 novembre", "2026-11-24"),
        ("fr", "mardi prochain", "2026-11-24"),
        ("es", "el 24 de noviembre", "2026-11-24"),
        ("it", "domani", "2026-11-23"),
        ("nl", "volgende dinsdag", "2026-11-24"),
        ("xx", "24/11/2026", "2026-11-24"),
    ],
)
def test_other_languages(language: str, text: str, day: str) -> None:
    assert value("date", text, language) == day


def test_the_words_are_those_of_the_value() -> None:
    parsed = found(Slot("day", "date"), "Well, next Tuesday at half three, please.")
    assert parsed is not None
    assert parsed.words == "next Tuesday"
