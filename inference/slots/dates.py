"""Days in words: "next Tuesday", "the 24th of November", "in two weeks", "24/11", "a week on Friday"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots.days import (
    Day,
    Today,
    day_first,
    in_week,
    later,
    month_of,
    nth_weekday,
    on_date,
    on_day,
    on_weekday,
    year_of,
)
from inference.slots.parsed import Found
from inference.slots.reading import MOST_FOUND, NEAR, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_Match = re.Match[str]
_Rule = tuple[re.Pattern[str], Callable[[_Match, Today], Day | None]]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WD = (
    r"(?P<wd>(?:mon|tue|tues|wed|thu|thur|thurs|fri|(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?:'s)?"
    r"|(?:sat|sun)(?= (?:, |[.] )?(?:the )?\d)|(?<=^ )(?:sat|sun)(?= $))"
)
_MONTH = (
    r"(?P<month>january|jan|february|feb|march|mar|april|apr|may(?! (?:be|i|we|have|not|work)\b)|june|jun|july|jul"
    r"|august|aug|september|sept|sep|october|oct|november|nov|december|dec)"
)
_GAP = r"(?: [,.])? "
_CLOCK_NEXT = r"(?! (?:am|pm|o'clock|: )|[:.]\d)"
_YEAR = (
    rf"(?:{_GAP}(?:in )?(?P<year>\d{{4}}(?! (?:am|pm|hours)\b)|(?:19|20) \d{{2}}{_CLOCK_NEXT}"
    rf"|2 thousand(?: and)?(?: \d{{1,2}})?|(?:3[2-9]|[4-9]\d){_CLOCK_NEXT}))?"
)
_DAY = r"(?P<day>\d{1,2})(?:th)?"
_COUNT = r"(?P<count>a couple of|a few|an?|\d{1,3})(?: more| or so)?"
_UNIT = r"(?P<unit>days?|nights?|weeks?|fortnights?|months?|years?)"
_NOT_A_DAY = (
    r"(?! (?:time|one|1|2|option|floor|street|avenue|person|patient|visit|choice|thing|thoughts?|place|of|class|half"
    r"|available|appointment|slot|name|letter|number|part|please wait)\b)"
)
_LEANS = re.compile(r" (?:since|until|till|before|after|every|each) (?:the |next |this |last )?$")
"""Before a day it says something about that day, not that it is the one."""


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every day that is named, in the order of the words. Values are ISO dates."""
    reading = read(text, moment.language)
    today = Today(
        moment.now.date(),
        past=slot.maximum is not None and slot.maximum <= 0,
        day_first=day_first(moment.language),
    )
    found: list[Found] = []
    for start, end, day in _days(reading.plain, today):
        plain = day.plain or _LEANS.search(reading.plain[max(0, start - NEAR) : start]) is not None
        begin, stop = reading.origin(start, end)
        found.append(Found(day.date.isoformat(), begin, stop, day.sure, plain))
    return sorted(found, key=lambda each: each.start)


def _days(plain: str, today: Today) -> Iterator[tuple[int, int, Day]]:
    claimed: list[tuple[int, int]] = []
    for pattern, resolve in _RULES:
        for match in pattern.finditer(plain):
            start, end = match.span()
            if len(claimed) == MOST_FOUND:
                return
            if any(start < other_end and other_start < end for other_start, other_end in claimed):
                continue
            day = resolve(match, today)
            if day is not None:
                claimed.append((start, end))
                yield start, end, day


def _rule(pattern: str, resolve: Callable[[_Match, Today], Day | None]) -> _Rule:
    return re.compile(rf"(?<= )(?:{pattern})(?= )"), resolve


def _weekday(match: _Match) -> int | None:
    said = match.groupdict().get("wd")
    return _WEEKDAYS.index(said[:3]) if said else None


def _agrees(match: _Match, day: Day | None) -> Day | None:
    """A weekday said beside a date has to be its own; else one of the two was a slip."""
    weekday = _weekday(match)
    if day is None or weekday is None or day.date.weekday() == weekday:
        return day
    return Day(day.date, sure=False, plain=day.plain)


def _day_and_month(match: _Match, today: Today) -> Day | None:
    month = _MONTHS.index(match["month"][:3]) + 1
    year = year_of(match["year"], today) if match["year"] else None
    found = on_date(int(match["day"]), month, year, today)
    return _agrees(match, Day(found)) if found else None


def _iso(match: _Match, today: Today) -> Day | None:
    found = on_date(int(match["day"]), int(match["m"]), int(match["y"]), today)
    return Day(found) if found else None


def _slashed(match: _Match, today: Today) -> Day | None:
    """3/12: the language says which is the month, unless only one of them can be."""
    parts = match.groupdict()
    first, second = int(match["a"]), int(match["b"])
    year = year_of(parts["y"], today) if parts.get("y") else None
    day_first = today.day_first or match["sign"] == "." or first > 12
    day, month = (first, second) if day_first and second <= 12 else (second, first)
    found = on_date(day, month, year, today)
    sure = first > 12 or second > 12 or first == second or year is None or match["sign"] == "."
    return Day(found, sure=sure, plain=not parts.get("y")) if found else None


def _digits(match: _Match, today: Today) -> Day | None:
    """ "24 11 2026" and "3 5 84", as an answer."""
    first, second = int(match["a"]), int(match["b"])
    day, month = (first, second) if (today.day_first or first > 12) and second <= 12 else (second, first)
    found = on_date(day, month, year_of(match["y"], today), today)
    return Day(found, plain=True) if found else None


def _weekday_and_day(match: _Match, today: Today) -> Day | None:
    found = on_day(int(match["day"]), today)
    return _agrees(match, Day(found)) if found else None


def _of_month(match: _Match, today: Today) -> Day | None:
    ahead = {"next": 1, "last": -1}.get(match["which"], 0)
    year, month = month_of(today.date, ahead)
    found = on_date(int(match["day"]), month, year, today)
    return _agrees(match, Day(found)) if found else None


def _day_alone(match: _Match, today: Today) -> Day | None:
    found = on_day(int(match["day"]), today)
    return Day(found, plain=match["lead"] is None) if found else None


def _number_alone(match: _Match, today: Today) -> Day | None:
    found = on_day(int(match["day"] or match["only"]), today)
    return Day(found, plain=True) if found else None


def _from_today(days: int) -> Callable[[_Match, Today], Day | None]:
    return lambda _, today: Day(today.date + timedelta(days=days))


def _count(match: _Match) -> tuple[int, bool]:
    """(how many, whether that is exact)."""
    said = match.groupdict().get("count") or "1"
    vague = {"a couple of": 2, "a few": 3, "a": 1, "an": 1}
    return vague.get(said) or (int(said) if said.isdigit() else 1), not said.endswith(("of", "few"))


def _after_anchor(match: _Match, today: Today) -> Day | None:
    """ "a week on Tuesday", "two weeks from tomorrow"."""
    count, exact = _count(match)
    weekday = _weekday(match)
    if weekday is not None:
        anchor = on_weekday(weekday, "", today).date
    else:
        anchor = today.date + timedelta(days=match["anchor"] == "tomorrow")
    found = later(anchor, count, match["unit"])
    return Day(found, sure=exact) if found else None


def _week_after_weekday(match: _Match, today: Today) -> Day | None:
    """ "Tuesday week"."""
    weekday = _weekday(match)
    if weekday is None:
        return None
    return Day(on_weekday(weekday, "", today).date + timedelta(days=7))


def _ahead(match: _Match, today: Today) -> Day | None:
    count, exact = _count(match)
    found = later(today.date, count, match["unit"])
    if found is None:
        return None
    weekday = _weekday(match)
    if weekday is not None:
        found += timedelta(days=(weekday - found.weekday() + 3) % 7 - 3)
    return Day(found, sure=exact and (weekday is not None or match["unit"].startswith(("day", "night", "week"))))


def _ago(match: _Match, today: Today) -> Day | None:
    count, exact = _count(match)
    found = later(today.date, -count, match["unit"])
    return Day(found, sure=exact) if found else None


def _which_weekday(match: _Match, today: Today) -> Day | None:
    weekday = _weekday(match)
    which = (match["which"] or "").split()[-1:] or [""]
    known = {"past": "last", "coming": "", "following": "next"}
    return on_weekday(weekday, known.get(which[0], which[0]), today) if weekday is not None else None


def _weekday_of_week(match: _Match, today: Today) -> Day | None:
    weekday = _weekday(match)
    if weekday is None:
        return None
    if match["after"]:
        return Day(in_week(weekday, 2, today))
    day = in_week(weekday, {"next": 1, "following": 1, "last": -1}.get(match["which"], 0), today)
    if match["which"] == "this" and day < today.date:
        return Day(day + timedelta(days=7), sure=False)  # On Sundays some begin the week.
    return Day(day)


def _nth_weekday(match: _Match, today: Today) -> Day | None:
    weekday = _weekday(match)
    nth = -1 if match["nth"] == "last" else int(match["nth"].removesuffix("th"))
    if match["month"]:
        first = on_date(28, _MONTHS.index(match["month"][:3]) + 1, None, today)
        year, month = (first.year, first.month) if first else (0, 0)
    else:
        year, month = month_of(today.date, 1 if match["which"] == "next" else 0)
    found = nth_weekday(weekday, nth, year, month) if weekday is not None and year else None
    return Day(found) if found else None


def _vague(match: _Match, today: Today) -> Day | None:
    """ "Next week", "at the weekend": the first day that fits, as a guess."""
    said = match[0]
    if "weekend" in said:
        weeks = 1 if "next" in said and today.date.weekday() < 5 else 0
        return Day(in_week(5, weeks, today), sure=False, plain=True)
    if "month" in said:
        year, month = month_of(today.date, 1)
        found = on_date(1, month, year, today)
        if found and said.startswith("end"):
            found = (found if "next" not in said else later(found, 1, "month") or found) - timedelta(days=1)
        return Day(found, sure=False, plain=True) if found else None
    weekday = 4 if said.startswith("end") else 0
    return Day(in_week(weekday, 1 if "next" in said else 0, today), sure=False, plain=True)


def _holiday(day: int, month: int) -> Callable[[_Match, Today], Day | None]:
    def resolve(_: _Match, today: Today) -> Day | None:
        found = on_date(day, month, None, today)
        return Day(found) if found else None

    return resolve


_RULES: tuple[_Rule, ...] = (
    _rule(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<day>\d{1,2})", _iso),
    _rule(r"(?P<a>\d{1,2})(?P<sign>[/.-])(?P<b>\d{1,2})(?P=sign)(?P<y>\d{4}|\d{2})", _slashed),
    _rule(rf"(?:(?P<nth>[1-5]th|last) {_WD}) (?:of|in) (?:{_MONTH}|(?P<which>this|next|the) month)", _nth_weekday),
    _rule(rf"(?:{_WD}{_GAP})?(?:the )?{_DAY}{_GAP}(?:of )?{_MONTH}{_YEAR}", _day_and_month),
    _rule(rf"(?:{_WD}{_GAP})?{_MONTH}{_GAP}(?:the )?{_DAY}{_CLOCK_NEXT}{_YEAR}", _day_and_month),
    _rule(rf"(?:{_WD}{_GAP})?(?:the )?(?P<day>\d{{1,2}})th of (?P<which>this|next|the|last) month", _of_month),
    _rule(rf"{_WD}{_GAP}(?:the )?(?P<day>\d{{1,2}})th", _weekday_and_day),
    _rule(rf"{_WD}{_GAP}the (?P<day>\d{{1,2}}){_CLOCK_NEXT}", _weekday_and_day),
    _rule(rf"{_WD}{_GAP}(?:of |on )?(?:the )?(?:(?P<which>this|next|following|last) week|(?P<after>week after next))",
          _weekday_of_week),
    _rule(rf"(?:the )?(?:(?P<which>this|next|following|last) week|(?P<after>week after next)){_GAP}(?:on )?(?:the )?"
          rf"{_WD}",
          _weekday_of_week),
    _rule(rf"(?:{_COUNT} )?(?P<unit>weeks?|fortnights?) (?:from|after|on) (?:{_WD}|(?P<anchor>today|tomorrow|now))",
          _after_anchor),
    _rule(r"(?P<count>a) (?P<unit>week|fortnight) (?P<anchor>today|tomorrow)(?P<wd>)", _after_anchor),
    _rule(rf"{_WD} in {_COUNT} (?P<unit>weeks?|fortnights?)(?: time)?", _ahead),
    _rule(rf"in {_COUNT} {_UNIT}(?: time)?(?: (?:on )?(?:a )?{_WD})?", _ahead),
    _rule(rf"{_COUNT} {_UNIT} (?:from (?:now|today))", _ahead),
    _rule(rf"{_COUNT} {_UNIT} ago", _ago),
    _rule(rf"(?:the )?{_WD} (?:week|fortnight|after next)", _week_after_weekday),
    _rule(rf"(?:the )?(?P<which>this coming|this|next|coming|following|last|past) {_WD}", _which_weekday),
    _rule(rf"{_WD} (?P<which>coming|next)", _which_weekday),
    _rule(r"(?:the )?day after tomorrow", _from_today(2)),
    _rule(r"(?:the )?day before yesterday", _from_today(-2)),
    _rule(r"tomorrow week", _from_today(8)),
    _rule(r"tomorrow(?:'s)?", _from_today(1)),
    _rule(r"today(?:'s)? week", _from_today(7)),
    _rule(r"today(?:'s)?|tonight|this (?:morning|afternoon|evening)|later on today", _from_today(0)),
    _rule(r"yesterday", _from_today(-1)),
    _rule(r"(?:christmas|xmas) eve", _holiday(24, 12)),
    _rule(r"(?:christmas|xmas)(?: day)?", _holiday(25, 12)),
    _rule(r"boxing day", _holiday(26, 12)),
    _rule(r"new year's eve", _holiday(31, 12)),
    _rule(r"new year's(?: day)?", _holiday(1, 1)),
    _rule(r"(?:st |saint )?valentine's(?: day)?", _holiday(14, 2)),
    _rule(r"halloween", _holiday(31, 10)),
    _rule(rf"{_WD}(?P<which>)", _which_weekday),
    _rule(rf"(?P<lead>(?:on|for|from|between) )?the (?P<day>\d{{1,2}})th{_NOT_A_DAY}", _day_alone),
    _rule(rf"(?<!a )(?<!1 )(?P<lead>on )?(?P<day>\d{{1,2}})th{_NOT_A_DAY}", _day_alone),
    _rule(r"(?:(?:at|on|this|next) )?(?:the )?weekend", _vague),
    _rule(r"(?:(?:end|beginning|start|middle) of (?:the |this )?)?next (?:week|month)", _vague),
    _rule(r"end of (?:the|this) (?:week|month)", _vague),
    _rule(r"(?P<a>\d{1,2}) (?P<b>\d{1,2}) (?P<y>\d{4}|(?:19|20) \d{2}|\d{2})", _digits),
    _rule(r"(?P<a>\d{1,2})(?P<sign>/)(?P<b>\d{1,2})", _slashed),
    _rule(r"the (?P<day>\d{1,2})|(?<=^ )(?P<only>\d{1,2})(?= (?:[.] )?$)", _number_alone),
)  # fmt: skip
"""In the order in which they are tried; words that one has used are not seen by the next."""
