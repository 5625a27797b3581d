"""Values → the words they are said in."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from inference.nodes import Slot, SlotKind
from inference.normalize.numbers import cardinal, digits
from inference.normalize.vocabulary import MONTHS
from inference.slots import choices, phones
from inference.slots.tongues import day_and_month

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MONTH_FIRST = frozenset({"en-us", "en-ca"})
_FAR_DAYS = 300
"""From so many days on the year is said too."""
_LAST_SHOWN = 4
_LONG_ENOUGH = 8
"""Of a masked value at least so many characters, before its last four may be said."""


def spoken(kind: SlotKind, value: str, moment: Moment) -> str:
    """How `value` is said to the caller: "2026-11-24" → "Tuesday the 24th of November".

    In writing (`moment.voice` false) it is shown instead: "15:30", "020 7946 0018". A value that is none of its kind
    is returned as it is.
    """
    match kind:
        case "date":
            return _date(value, moment)
        case "time":
            return _time(value, moment)
        case "phone":
            return _phone(value, moment)
        case "digits" if moment.voice:
            return _in_groups(value) if value.isascii() and value.isdecimal() else value
        case "spelling" if moment.voice:
            return ", ".join(_sign(character) for character in value)
        case "email" if moment.voice:
            return _email(value)
        case _:
            return value


def read_back(slot: Slot, value: str, moment: Moment) -> str:
    """`value` as it is read back to be confirmed: a choice by its label; of a masked one at most its last digits."""
    if slot.masked:
        if len(value) < _LONG_ENOUGH or not value.isascii() or not value.lstrip("+").isdecimal():
            return ""
        return "the one ending in " + spoken("digits", value[-_LAST_SHOWN:], moment)
    if slot.kind == "choice":
        return choices.label_of(slot, value)
    return spoken(slot.kind, value, moment)


def _date(value: str, moment: Moment) -> str:
    match = _DATE.fullmatch(value)
    if match is None:
        return value
    try:
        day = date(*map(int, match.groups()))
    except ValueError:
        return value
    today = moment.now.date()
    far = abs((day - today).days) > _FAR_DAYS
    if not moment.language.lower().startswith("en"):
        return _foreign_date(day, moment.language, far=far)
    weekday, month = _WEEKDAYS[day.weekday()], MONTHS[day.month - 1]
    nth = f"{day.day}{_suffix(day.day)}"
    if day < today and far:
        weekday = ""  # Nobody says on which weekday they were born.
    if not moment.voice:
        said = f"{weekday} {day.day} {month}".strip()
        return f"{said} {day.year}" if far else said
    if moment.language.lower() in _MONTH_FIRST:
        said = f"{weekday}, {month} {nth}".removeprefix(", ")
        return f"{said}, {day.year}" if far else said
    said = f"{weekday} the {nth} of {month}".strip()
    return f"{said}, {day.year}" if far else said


def _foreign_date(day: date, language: str, *, far: bool) -> str:
    names = day_and_month(day.weekday(), day.month, language)
    if names is None:
        return day.isoformat()
    stop = "." if language.lower().startswith("de") else ""
    return f"{names[0]}, {day.day}{stop} {names[1]}" + (f" {day.year}" if far else "")


def _suffix(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _time(value: str, moment: Moment) -> str:
    match = _TIME.fullmatch(value)
    if match is None or not moment.voice or not moment.language.lower().startswith("en"):
        return value
    return clock_words(int(match[1]), int(match[2]))


def clock_words(hour: int, minute: int) -> str:
    """ "Half past three"; the part of the day where a bare hour would be taken for another."""
    if minute == 0 and hour in (0, 12):
        return "midnight" if hour == 0 else "noon"
    this, following = cardinal(hour % 12 or 12), cardinal((hour + 1) % 12 or 12)
    match minute:
        case 0:
            said = f"{this} o'clock" if _obvious(hour) else this
        case 15:
            said = f"quarter past {this}"
        case 30:
            said = f"half past {this}"
        case 45:
            said = f"quarter to {following}"
        case 5 | 10 | 20 | 25:
            said = f"{cardinal(minute)} past {this}"
        case 35 | 40 | 50 | 55:
            said = f"{cardinal(60 - minute)} to {following}"
        case _:
            said = f"{this} oh {cardinal(minute)}" if minute < 10 else f"{this} {cardinal(minute)}"
    return said if _obvious(hour) else f"{said} {_part_of_day(hour)}"


def _obvious(hour: int) -> bool:
    """Hours that nobody takes for the other half of the day: eight to five."""
    return 8 <= hour < 18


def _part_of_day(hour: int) -> str:
    if hour < 5:
        return "at night"
    return "in the morning" if hour < 12 else "in the evening" if hour < 22 else "at night"


def _phone(value: str, moment: Moment) -> str:
    shown = phones.shown(value, moment)
    if not moment.voice:
        return shown
    groups = re.findall(r"\d+", shown)
    return ("plus " if shown.startswith("+") else "") + ", ".join(digits(group) for group in groups) or value


def _in_groups(run: str) -> str:
    """Digits in threes and fours, as people read them out."""
    size = 4 if len(run) % 4 == 0 else 3
    groups = [run[start : start + size] for start in range(0, len(run), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join(digits(group) for group in groups)


def _sign(character: str) -> str:
    return {"-": "dash", "/": "slash", "_": "underscore", ".": "dot", " ": ""}.get(character, character)


def _email(value: str) -> str:
    signs = {"@": "at", ".": "dot", "_": "underscore", "-": "dash", "+": "plus"}
    pieces = re.findall(r"[@._+-]|[^@._+-]+", value)
    return " ".join(signs.get(piece, piece) for piece in pieces)
