"""Dates, times and spans of them → English words."""

from __future__ import annotations

import re

from inference.normalize.numbers import cardinal, ordinal, year, year_like
from inference.normalize.vocabulary import MONTH_NAMES, MONTHS, WEEKDAYS

_MONTH_WORDS = sorted({*MONTHS, *(name.capitalize() for name in MONTH_NAMES)}, key=len, reverse=True)
_MONTH = "(" + "|".join(_MONTH_WORDS) + r")(?!\w)\.?"
_YEAR = r"(?:,? (\d{4})(?![\d:]|[.,]\d))?"
_SUFFIX = "(?:st|nd|rd|th)?"
_ISO = re.compile(
    r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?:T(?=\d{2}:))?(?![\w-])|(?<![\w-])(\d{4})-(\d{2})-(\d{2})T(?=\d{2}:)"
)
_SLASHED = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-]|\.\d)")
_DAY_FIRST = re.compile(
    rf"(?<![\w.,:/-])(the )?(\d{{1,2}}){_SUFFIX}(?: ?[-–] ?(\d{{1,2}}){_SUFFIX})?(?: of)? {_MONTH}{_YEAR}"
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w){_MONTH} (?:the )?(\d{{1,2}}){_SUFFIX}(?: ?[-–] ?(\d{{1,2}}){_SUFFIX})?(?![\w%]|[:.,]\d| ?[ap]\.?m){_YEAR}"
)
_MONTH_YEAR = re.compile(rf"(?<!\w){_MONTH},? (\d{{4}})(?![\w:]|[.,]\d)")
_WEEKDAY = re.compile(r"(?<![\w'])(Mon|Tues|Tue|Wed|Thurs|Thur|Thu|Fri|Sat|Sun)(?![\w'])(\.(?= ?[a-z\d,–-]))?")
_WEEKEND_AFTER = re.compile(r"(?:[-–,/&(]|\b(?:[Oo]n|[Aa]nd|[Oo]r|[Nn]ext|[Tt]his|[Ee]very|[Uu]ntil|[Tt]o|[Ff]rom)) ?$")
_WEEKEND_BEFORE = re.compile(r"\.?(?: ?[-–/&:)]|,? \d)")
_WEEKDAY_SPAN = re.compile(r"(?<=day) ?[-–] ?(?=(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)")

_HALF = r"([AaPp]\.[Mm]\.|[AaPp]\.?[Mm](?!\w))"
_CLOCK = re.compile(rf"(?<![\w:.,])(\d{{1,2}})[:h](\d{{2}})(?::(\d{{2}}))?(?: ?{_HALF})?(?![\d:]|\w)")
_HOUR = re.compile(rf"(?<![\w:.,])(\d{{1,2}})(?:\.(\d{{2}}))? ?{_HALF}")
_TIME_SPAN = re.compile(
    rf"(?<![\w:.,-])(\d{{1,2}}(?::\d{{2}})?)(?: ?{_HALF})? ?[-–—] ?(?=\d{{1,2}}(?::\d{{2}}| ?{_HALF})(?!\d))"
    rf"|(?<![\w:.,-])(\d{{1,2}}(?::\d{{2}}(?: ?{_HALF})?| ?{_HALF})) ?[-–—] ?(?=\d{{1,2}}(?!\d))"
)
_HOURS_SPAN = re.compile(r"(?<![\w:.,-])(\d{1,2}) ?[-–] ?(?=\d{1,2} ?h(?:rs?|ours?)?(?!\w))")


def dates(text: str, *, day_first: bool) -> str:
    """`day_first` decides what 3/12/2026 means. Impossible dates are left alone."""
    text = _ISO.sub(_iso, text)
    text = _SLASHED.sub(lambda match: _slashed(match, day_first), text)
    text = _DAY_FIRST.sub(_day_month, text)
    text = _MONTH_FIRST.sub(_month_day, text)
    text = _MONTH_YEAR.sub(_month_year, text)
    text = _WEEKDAY.sub(_weekday, text)
    return _WEEKDAY_SPAN.sub(" to ", text)


def _weekday(match: re.Match[str]) -> str:
    """ "Sat" and "Sun" are words too: they are days only beside other days, numbers or "on"."""
    if match[1] in ("Sat", "Sun"):
        before = match.string[max(0, match.start() - 7) : match.start()]
        if not (_WEEKEND_AFTER.search(before) or _WEEKEND_BEFORE.match(match.string, match.end(1))):
            return match[0]
    return WEEKDAYS[match[1]]


def _spoken(day: int, month: int, year_text: str | None) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{MONTHS[month - 1]} {ordinal(day)}" + (f", {_year(year_text)}" if year_text else "")


def _year(text: str) -> str:
    if len(text) == 2:
        text = ("20" if int(text) < 70 else "19") + text
    return year(int(text)) if 1000 <= int(text) <= 2999 else cardinal(int(text))


def _iso(match: re.Match[str]) -> str:
    year_text, month, day = match[1] or match[4], match[2] or match[5], match[3] or match[6]
    spoken = _spoken(int(day), int(month), year_text)
    if spoken is None:
        return match[0]
    return spoken + (" at " if match[0].endswith("T") else "")


def _slashed(match: re.Match[str], day_first: bool) -> str:
    first, second = int(match[1]), int(match[3])
    if match[2] == "-" and len(match[4]) == 2:
        return match[0]  # "1-2-03" is rather a code than a date.
    if first > 12 or match[2] == ".":
        day_first = True
    elif second > 12:
        day_first = False
    day, month = (first, second) if day_first else (second, first)
    return _spoken(day, month, match[4]) or match[0]


def _day_month(match: re.Match[str]) -> str:
    month = MONTH_NAMES[match[4].lower()]
    if not 1 <= int(match[2]) <= 31 or (match[3] and int(match[3]) > 31):
        return match[0]
    days = f"the {ordinal(int(match[2]))}" + (f" to the {ordinal(int(match[3]))}" if match[3] else "")
    return f"{days} of {month}" + (f", {_year(match[5])}" if match[5] else "")


def _month_day(match: re.Match[str]) -> str:
    month = MONTH_NAMES[match[1].lower()]
    if not 1 <= int(match[2]) <= 31 or (match[3] and int(match[3]) > 31):
        return match[0]
    days = ordinal(int(match[2])) + (f" to {ordinal(int(match[3]))}" if match[3] else "")
    return f"{month} {days}" + (f", {_year(match[4])}" if match[4] else "")


def _month_year(match: re.Match[str]) -> str:
    return f"{MONTH_NAMES[match[1].lower()]} {_year(match[2])}" if 1000 <= int(match[2]) <= 2999 else match[0]


def times(text: str) -> str:
    """Clock times and spans: 9:30, 13:05, 8 am, 9.30 pm, 9h30, 9-13h, 8 am-6 pm."""
    text = _TIME_SPAN.sub(lambda match: re.sub(r" ?[-–—] ?$", " to ", match[0]), text)
    text = _HOURS_SPAN.sub(r"\1 to ", text)
    text = _CLOCK.sub(_clock, text)
    return _HOUR.sub(_hour, text)


def _half(text: str | None) -> str:
    return f" {text[0].lower()}.m." if text else ""


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if hour > 24 or minute > 59:
        return match[0]
    half = _half(match[4])
    seconds = f" and {cardinal(int(match[3]))} seconds" if match[3] and int(match[3]) else ""
    if minute:
        oh = "oh " if minute < 10 else ""
        return f"{cardinal(hour)} {oh}{cardinal(minute)}{seconds}{half}"
    if seconds:
        return f"{cardinal(hour)} o'clock{seconds}{half}"
    if half:
        return cardinal(hour) + half
    if hour in (0, 24):
        return "midnight"
    return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"


def _hour(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour > 24 or minute > 59:
        return match[0]
    past = "" if minute == 0 else f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
    return cardinal(hour) + past + _half(match[3])


def years(text: str) -> str:
    """Bare years and decades: "in 1066", "2026", "the 1990s", "'90s"."""
    text = re.sub(r"(?<![\w.,])(1[0-9]|20)([0-9])0s(?!\w)", _decade, text)
    text = re.sub(r"(?<!\w)['’]([2-9])0s(?!\w)", lambda match: _decade_name(int(match[1])), text)
    text = re.sub(
        r"\b([Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Yy]ear|[Ff]rom) (1[0-8]\d{2})(?![\w%]|[.,:]\d)(?= (?:to|and|until) |\W|$)",
        lambda match: f"{match[1]} {year(int(match[2]))}",
        text,
    )
    return re.sub(
        r"(?<![\w.,:$£€¥₹#/])\d{4}(?![\w%°/]|[.,:]\d| ?(?:kg|km|ml|mg|people|miles|metres|meters|calories|words)\b)",
        lambda match: year(int(match[0])) if year_like(match[0]) else match[0],
        text,
    )


def _decade_name(tens: int) -> str:
    return cardinal(tens * 10).removesuffix("y") + "ies"


def _decade(match: re.Match[str]) -> str:
    tens = int(match[2])
    if tens == 0:
        return f"{cardinal(int(match[1]))} hundreds" if match[1] != "20" else "two thousands"
    if tens == 1:
        return f"{cardinal(int(match[1]))} tens"
    return f"{cardinal(int(match[1]))} {_decade_name(tens)}"
