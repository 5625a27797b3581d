"""Whether a value is allowed, and what to say when it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from inference.nodes import Slot, SlotKind
from inference.slots.emails import WRITTEN
from inference.slots.saying import clock_words

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_LONGEST = 1000
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_PHONE = re.compile(r"\+?\d{7,15}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,12})?", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)


def check(slot: Slot, value: str, moment: Moment) -> str:
    """ "" when `value` may be kept, or what is wrong with it: a code that `problem_text` puts into words.

    empty, not_a_date, in_the_past, in_the_future, out_of_range, not_a_time, not_a_number, not_a_phone, not_an_email,
    not_a_choice, not_yes_no, not_digits, too_short, too_long. The range of a time is in hours of the day: 9 to 17.5.
    """
    if not value.strip():
        return "" if slot.optional else "empty"
    return _CHECKS.get(slot.kind, _text)(slot, value, moment)


def _text(slot: Slot, value: str, _: Moment) -> str:
    return "too_long" if len(value) > _LONGEST else ""


def _date(slot: Slot, value: str, moment: Moment) -> str:
    if not _ISO.fullmatch(value):
        return "not_a_date"
    try:
        days = (date.fromisoformat(value) - moment.now.date()).days
    except ValueError:
        return "not_a_date"
    if slot.minimum is not None and days < slot.minimum:
        return "in_the_past" if days < 0 <= slot.minimum else "out_of_range"
    if slot.maximum is not None and days > slot.maximum:
        return "in_the_future" if slot.maximum <= 0 < days else "out_of_range"
    return ""


def _time(slot: Slot, value: str, _: Moment) -> str:
    match = _CLOCK.fullmatch(value)
    return _range(slot, int(match[1]) + int(match[2]) / 60) if match else "not_a_time"


def _number(slot: Slot, value: str, _: Moment) -> str:
    if not _NUMBER.fullmatch(value):
        return "not_a_number"
    try:
        return _range(slot, float(Decimal(value)))
    except InvalidOperation:
        return "not_a_number"


def _range(slot: Slot, value: float) -> str:
    low, high = slot.minimum, slot.maximum
    outside = (low is not None and value < low) or (high is not None and value > high)
    return "out_of_range" if outside else ""


def _phone(_: Slot, value: str, __: Moment) -> str:
    return "" if _PHONE.fullmatch(value) else "not_a_phone"


def _email(_: Slot, value: str, __: Moment) -> str:
    return "" if WRITTEN.fullmatch(value) else "not_an_email"


def _choice(slot: Slot, value: str, _: Moment) -> str:
    return "" if any(choice.value == value for choice in slot.choices) else "not_a_choice"


def _yes_no(_: Slot, value: str, __: Moment) -> str:
    return "" if value in ("yes", "no") else "not_yes_no"


def _digits(slot: Slot, value: str, _: Moment) -> str:
    return _length(slot, value) if _DIGITS.fullmatch(value) else "not_digits"


def _spelling(slot: Slot, value: str, _: Moment) -> str:
    return _length(slot, value)


def _length(slot: Slot, value: str) -> str:
    if slot.minimum is not None and len(value) < slot.minimum:
        return "too_short"
    return "too_long" if len(value) > (slot.maximum if slot.maximum is not None else _LONGEST) else ""


_CHECKS: Mapping[SlotKind, Callable[[Slot, str, Moment], str]] = {
    "date": _date, "time": _time, "number": _number, "phone": _phone, "email": _email, "choice": _choice,
    "yes_no": _yes_no, "digits": _digits, "spelling": _spelling,
}  # fmt: skip

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "empty": "Sorry, I need an answer here.",
        "not_a_date": "Sorry, I don't know that day.",
        "in_the_past": "That day is already over.",
        "in_the_future": "That day is still to come.",
        "not_a_time": "Sorry, that is no time I know.",
        "not_a_number": "Sorry, I need a number.",
        "not_a_phone": "Sorry, that is not a whole phone number.",
        "not_an_email": "Sorry, that is not a whole e-mail address.",
        "not_a_choice": "Sorry, that is not one of the choices.",
        "not_yes_no": "Sorry, I need a yes or a no.",
        "not_digits": "Sorry, I need digits only.",
        "too_short": "Sorry, that is too short.",
        "too_long": "Sorry, that is too long.",
        "out_of_range": "Sorry, that is not possible.",
    },
    "de": {
        "empty": "Hier brauche ich leider eine Antwort.",
        "not_a_date": "Diesen Tag kenne ich leider nicht.",
        "in_the_past": "Dieser Tag ist schon vorbei.",
        "in_the_future": "Dieser Tag liegt noch in der Zukunft.",
        "not_a_time": "Das ist leider keine Uhrzeit.",
        "not_a_number": "Ich brauche bitte eine Zahl.",
        "not_a_phone": "Das ist leider keine vollständige Telefonnummer.",
        "not_an_email": "Das ist leider keine vollständige E-Mail-Adresse.",
        "not_a_choice": "Das steht leider nicht zur Wahl.",
        "not_yes_no": "Ich brauche bitte ein Ja oder ein Nein.",
        "not_digits": "Ich brauche bitte nur Ziffern.",
        "too_short": "Das ist leider zu kurz.",
        "too_long": "Das ist leider zu lang.",
        "out_of_range": "Das ist leider nicht möglich.",
    },
}


def problem_text(code: str, slot: Slot, language: str) -> str:
    """The sentence a caller hears: "That day is already over." English where there is no translation."""
    tongue = language.split("-")[0].lower()
    sentences = _SENTENCES.get(tongue, _SENTENCES["en"])
    if sentences is _SENTENCES["en"]:
        exact = _exactly(code, slot)
        if exact:
            return exact
    return sentences.get(code, sentences["out_of_range"])


def _exactly(code: str, slot: Slot) -> str:
    """The sentence that names the limit, where one is set; "" otherwise."""
    low, high = slot.minimum, slot.maximum
    if code == "out_of_range" and (low is not None or high is not None):
        match slot.kind:
            case "date":
                return _days_sentence(low, high)
            case "time":
                return _limits(low, high, _clock)
            case _:
                return _limits(low, high, _decimal)
    wanted = low if code == "too_short" else high if code == "too_long" else None
    if wanted is None:
        return ""
    what = "digits" if slot.kind == "digits" else "characters"
    exact = low == high and low is not None
    bound = "" if exact else "at least " if code == "too_short" else "at most "
    return f"Sorry, it should have {bound}{_decimal(wanted)} {what}."


def _limits(low: float | None, high: float | None, say: Callable[[float], str]) -> str:
    if low is None:
        return f"Sorry, it can be {say(high or 0)} at most."
    if high is None:
        return f"Sorry, it has to be at least {say(low)}."
    return f"Sorry, it has to be between {say(low)} and {say(high)}."


def _days_sentence(low: float | None, high: float | None) -> str:
    if high is None or (low is not None and low > 0 and high <= low):
        return f"Sorry, it has to be at least {_days(low or 0)} from today."
    if low is None or low <= 0:
        return f"Sorry, it can be {_days(high)} from today at most."
    return f"Sorry, it has to be between {_decimal(low)} and {_days(high)} from today."


def _days(count: float) -> str:
    return f"{_decimal(count)} day" + ("" if count == 1 else "s")


def _decimal(value: float) -> str:
    return f"{value:g}"


def _clock(hours: float) -> str:
    minutes = round(hours * 60) % (24 * 60)
    return clock_words(minutes // 60, minutes % 60)
