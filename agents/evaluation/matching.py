"""Expected values of a script: most are the value itself, days are said relative to the day of the test."""

from __future__ import annotations

from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def matches(expected: str, value: str, today: date) -> bool:
    """Whether `value` is what was expected.

    "any": something. "ends:5550144": digits that end so. "days:1": the date so many days from today.
    "weekday:tuesday": the next such day; on a Tuesday, today or in a week. "next:tuesday", for who said "next Tuesday":
    the next such day or the one after it, since people mean either. "monthday:20": the next 20th; on a 20th, today or
    the one after. Everything else: the same but for case.
    """
    kind, _, rest = expected.partition(":")
    match kind:
        case "any":
            return bool(value.strip())
        case "ends":
            return _digits(value).endswith(rest)
        case "days":
            return value == (today + timedelta(days=int(rest))).isoformat()
        case "weekday":
            return value in {day.isoformat() for day in _next_days(rest, today)}
        case "next":
            first = _next_days(rest, today)[-1]
            return value in {first.isoformat(), (first + timedelta(days=7)).isoformat()}
        case "monthday":
            return value in {day.isoformat() for day in _next_monthdays(int(rest), today)}
        case _:
            return value.casefold() == expected.casefold()


def _next_days(weekday: str, today: date) -> list[date]:
    ahead = (WEEKDAYS.index(weekday) - today.weekday()) % 7
    return [today + timedelta(days=ahead)] if ahead else [today, today + timedelta(days=7)]


def _next_monthdays(number: int, today: date) -> list[date]:
    ahead = (today + timedelta(days=days) for days in range(1, 63))
    following = next(day for day in ahead if day.day == number)
    return [today, following] if today.day == number else [following]


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
