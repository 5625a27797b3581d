"""Numbers → English words. Digits in, words out; never an exception."""

from __future__ import annotations

import re
from functools import lru_cache

from num2words import num2words

from inference.normalize.vocabulary import SCALES

MAX_DIGITS = 15
"""Longer numbers are nobody's quantity: they are read digit by digit."""
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_FRACTIONS = {2: ("half", "halves"), 4: ("quarter", "quarters")}


@lru_cache(maxsize=4096)
def cardinal(value: int) -> str:
    """1205 → "one thousand two hundred and five". For at most MAX_DIGITS digits."""
    return str(num2words(value)).replace(",", "")


@lru_cache(maxsize=1024)
def ordinal(value: int) -> str:
    """22 → "twenty-second"."""
    words = str(num2words(value, to="ordinal")).replace(",", "")
    return words.removeprefix("one ") if value == 100 else words


@lru_cache(maxsize=1024)
def year(value: int) -> str:
    """2026 → "twenty twenty-six", 1905 → "nineteen oh five". For years 1000 to 2999."""
    return str(num2words(value, to="year")).replace("oh-", "oh ")


def digits(text: str) -> str:
    """The digits of `text` one by one; whatever is no ASCII digit is left out."""
    return " ".join(DIGITS[int(character)] for character in text if character in "0123456789")


def number(text: str) -> str:
    """ "1,200.50" → "one thousand two hundred point five zero"; "007" → "zero zero seven"."""
    whole, _, fraction = text.replace(",", "").partition(".")
    return f"{whole_number(whole)} point {digits(fraction)}" if fraction else whole_number(whole)


def whole_number(text: str) -> str:
    if len(text) > MAX_DIGITS or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    return cardinal(int(text))


def year_like(text: str) -> bool:
    """Four digits that are most likely a year."""
    return len(text) == 4 and text.isascii() and text.isdigit() and 1900 <= int(text) <= 2099


def year_or_number(text: str) -> str:
    return year(int(text)) if year_like(text) else number(text)


def fraction(over: int, under: int) -> str | None:
    """3, 4 → "three quarters"; None when it is not read as a fraction."""
    if not 0 < over < under or under > 20:
        return None
    if under == 2:
        return "one half"
    one, many = _FRACTIONS.get(under, (ordinal(under), ordinal(under) + "s"))
    return f"{cardinal(over)} {one if over == 1 else many}"


def scaled(amount: str, scale: str) -> str:
    """ "1.2", "M" → "one point two million"."""
    return f"{number(amount)} {SCALES[scale]}"


def plural(amount: str, one: str, many: str) -> str:
    """ "1" → one, everything else → many."""
    return one if re.fullmatch(r"1(?:\.0+)?", amount) else many
