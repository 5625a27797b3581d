"""Which day is meant: weekdays, days of a month and spans of time, seen from today. Pure arithmetic."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_RECENT = timedelta(days=60)
"""A day without a year that is only so long ago was this year's: it is over, not eleven months away."""
_TWO_DIGITS_AHEAD = 10
"""Years that "84" may lie in the future: else it is the last century's."""

_MONTH_FIRST = frozenset({"en", "en-us", "en-ca", "en-ph"})


@dataclass(frozen=True, slots=True)
class Today:
    date: date
    past: bool = False
    """Days before today are meant where both are possible: a date of birth."""
    day_first: bool = False
    """3/12 is in December."""


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    sure: bool = True
    plain: bool = False
    """Only as the answer to its question."""


def day_first(language: str) -> bool:
    """Whether 3/12 is in December where `language` is spoken."""
    return language.lower() not in _MONTH_FIRST


def on_date(day: int, month: int, year: int | None, today: Today) -> date | None:
    """That day, the nearest sensible one when no year is said; None when there is no such day."""
    if year is not None:
        return _date(year, month, day)
    years = range(today.date.year, today.date.year + 9)
    if today.past:
        years = range(today.date.year, today.date.year - 9, -1)
    for candidate in years:
        found = _date(candidate, month, day)
        if found is None:
            continue
        if found <= today.date if today.past else found >= today.date - _RECENT:
            return found
    return None


def on_day(day: int, today: Today, months: int = 0) -> date | None:
    """The next (or, for past days, the last) `day` of a month, `months` later."""
    step = -1 if today.past else 1
    for ahead in range(14):
        year, month = _month(today.date, months + step * ahead)
        found = _date(year, month, day)
        if found is None:
            continue
        if months or (found <= today.date if today.past else found >= today.date):
            return found
    return None


def on_weekday(weekday: int, which: str, today: Today) -> Day:
    """`which`: "" or "coming", "this", "next", "last". Weeks begin on Monday."""
    monday = today.date - timedelta(days=today.date.weekday())
    ahead = (weekday - today.date.weekday()) % 7
    this_week = monday + timedelta(days=weekday)
    if which == "next":
        # Before that day of this week some mean this one: "next Friday", said on a Tuesday.
        return Day(this_week + timedelta(days=7), sure=this_week <= today.date)
    if which == "last" or (today.past and which != "this"):
        back = today.date - timedelta(days=(-ahead) % 7 or 7)
        return Day(back, sure=which != "last" or back < monday)
    if which == "this":
        return Day(today.date + timedelta(days=ahead))
    return Day(today.date + timedelta(days=ahead or 7), sure=ahead != 0)


def in_week(weekday: int, weeks: int, today: Today) -> date:
    """The weekday of the week so many weeks from this one."""
    return today.date + timedelta(days=weekday - today.date.weekday() + 7 * weeks)


def nth_weekday(weekday: int, nth: int, year: int, month: int) -> date | None:
    """The `nth` such weekday of a month; -1 is the last."""
    first, length = monthrange(year, month)
    days = list(range(1 + (weekday - first) % 7, length + 1, 7))
    index = nth if nth < 0 else nth - 1
    return date(year, month, days[index]) if -len(days) <= index < len(days) else None


def later(start: date, count: int, unit: str) -> date | None:
    """`start` plus days, weeks, months or years; the month's last day where the day is missing there."""
    try:
        if unit.startswith(("day", "night")):
            return start + timedelta(days=count)
        if unit.startswith("week"):
            return start + timedelta(weeks=count)
        if unit.startswith("fortnight"):
            return start + timedelta(weeks=2 * count)
        year, month = _month(start, count * (12 if unit.startswith("year") else 1))
        return date(year, month, min(start.day, monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        return None


def month_of(start: date, ahead: int) -> tuple[int, int]:
    """(year, month), so many months from `start`."""
    return _month(start, ahead)


def year_of(words: str, today: Today) -> int | None:
    """ "2027", "19 84", "2 thousand and 5", "84" → the year."""
    pieces = words.replace("thousand", "0 0 0").replace("and", "").split() if "thousand" in words else words.split()
    if "thousand" in words:
        return int(pieces[0]) * 1000 + (int(pieces[4]) if len(pieces) > 4 else 0)
    if len(pieces) == 2:
        return int(pieces[0]) * 100 + int(pieces[1])
    year = int(pieces[0])
    if year >= 100:
        return year
    year += 2000
    return year if year <= today.date.year + (0 if today.past else _TWO_DIGITS_AHEAD) else year - 100


def _month(start: date, ahead: int) -> tuple[int, int]:
    index = start.year * 12 + start.month - 1 + ahead
    return index // 12, index % 12 + 1


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
