"""Keys of a telephone → values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots import choices, phones, times
from inference.slots.days import Today, day_first, on_date
from inference.slots.digits import keyed as digits_of

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_YES, _NO = "1", "2"


def keyed(slot: Slot, keys: str, moment: Moment) -> str:
    """The value that the keys give this slot, or "" when they give none. "*" is a decimal point in a number."""
    digits = digits_of(keys)
    match slot.kind:
        case "choice":
            return choices.keyed(slot, keys.strip())
        case "yes_no":
            return {_YES: "yes", _NO: "no"}.get(digits, "")
        case "digits" | "spelling":
            return digits
        case "phone":
            return phones.keyed(digits, moment) if digits else ""
        case "number":
            return _number(keys)
        case "date":
            return _date(digits, moment, past=slot.maximum is not None and slot.maximum <= 0)
        case "time":
            return times.keyed(slot, digits)
        case _:
            return ""


def _number(keys: str) -> str:
    whole, _, decimals = keys.strip("# ").partition("*")
    whole, decimals = digits_of(whole)[:15], digits_of(decimals)[:6]
    if not whole:
        return ""
    return f"{int(whole)}.{decimals}" if decimals else str(int(whole))


def _date(digits: str, moment: Moment, *, past: bool) -> str:
    """Day and month, in the order of the language, then perhaps the year in two or four digits."""
    if len(digits) not in (4, 6, 8):
        return ""
    first, second, year = int(digits[:2]), int(digits[2:4]), digits[4:]
    day, month = (first, second) if (day_first(moment.language) or first > 12) and second <= 12 else (second, first)
    today = Today(moment.now.date(), past=past)
    number = int(year) if year else None
    if number is not None and len(year) == 2:
        number += 1900 if past and number + 2000 > today.date.year else 2000
    found = on_date(day, month, number, today)
    return found.isoformat() if found else ""
