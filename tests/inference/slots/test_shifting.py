"""Days and times that callers move by an amount."""

from __future__ import annotations

import pytest

from inference.nodes import Slot
from inference.slots import moved
from tests.support.said import moment

DAY, TIME = Slot("day", "date"), Slot("time", "time")
KNOWN = {"day": "2026-11-24", "time": "15:30"}


def after(text: str, *slots: Slot, known: dict[str, str] = KNOWN) -> dict[str, str]:
    return {name: parsed.value for name, parsed in moved(slots or (DAY, TIME), known, text, moment()).items()}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("an hour later", "16:30"),
        ("Could we make it an hour later, please?", "16:30"),
        ("No, an hour earlier.", "14:30"),
        ("half an hour later would be better", "16:00"),
        ("two hours earlier", "13:30"),
        ("fifteen minutes later", "15:45"),
        ("a quarter of an hour earlier", "15:15"),
        ("three quarters of an hour later", "16:15"),
        ("an hour and a half later", "17:00"),
        ("one and a half hours sooner", "14:00"),
        ("An hour after that.", "16:30"),
        ("push it back half an hour", "16:00"),
        ("can you bring it forward by an hour", "14:30"),
        ("postpone it by two hours", "17:30"),
        ("Half an hour later, no, an hour later.", "16:30"),
    ],
)
def test_times(text: str, time: str) -> None:
    assert after(text) == {"time": time}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("a day later", "2026-11-25"),
        ("Actually, a day earlier.", "2026-11-23"),
        ("two days later please", "2026-11-26"),
        ("a week later", "2026-12-01"),
        ("the day after", "2026-11-25"),
        ("the next day, then", "2026-11-25"),
        ("could I come the day before instead?", "2026-11-23"),
        ("the following week", "2026-12-01"),
        ("push the appointment back a week", "2026-12-01"),
    ],
)
def test_days(text: str, day: str) -> None:
    assert after(text) == {"day": day}


def test_both() -> None:
    assert after("A day later and an hour earlier.") == {"day": "2026-11-25", "time": "14:30"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "later",
        "a bit later",
        "not an hour later",
        "the day after tomorrow",
        "the day before yesterday",
        "the next day you have free",
        "an hour later than three",
        "an hour after three",
        "in an hour",
        "for two hours",
        "eight and a half hours later",
        "sixteen hours earlier",
        "half a day later",
    ],
)
def test_what_moves_nothing(text: str) -> None:
    """Nor is a time moved over midnight."""
    assert after(text, known={"day": "2026-11-24", "time": "15:30"}) == {}


def test_only_what_is_known_is_moved() -> None:
    assert after("an hour later", known={"day": "2026-11-24", "time": ""}) == {}
    assert after("an hour later", known={"time": "soon"}) == {}
    assert after("a day later", TIME) == {}


def test_of_two_the_one_that_is_named() -> None:
    arrival = Slot("arrival", "date", "When do you arrive?")
    leaving = Slot("leaving", "date", "When do you leave?")
    known = {"arrival": "2026-11-24", "leaving": "2026-11-27"}
    assert after("a day later", arrival, leaving, known=known) == {}
    assert after("We leave a day later.", arrival, leaving, known=known) == {"leaving": "2026-11-28"}
