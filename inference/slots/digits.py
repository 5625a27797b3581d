"""Digits one after another: "double five", "oh seven seven hundred", "12 34", keys of a telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots.cues import cued
from inference.slots.numbers import whole_number
from inference.slots.parsed import Found
from inference.slots.picking import corrects
from inference.slots.reading import Reading, Token, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_TIMES = {"double": 2, "triple": 3, "treble": 3}
_ZERO = frozenset({"oh", "o"})
_SCALES = {"hundred": "00", "thousand": "000"}
_BETWEEN = frozenset({",", ".", "then", "and", "dash", "hyphen", "minus", "slash", "/", "space", "*"})
_MOST_BETWEEN = 2
_NOT_DIGITS = re.compile(r"[:@]|th$")
_SHORT = 3
_LONG = 5
"""So many digits in a row are no quantity and no time."""


@dataclass(frozen=True, slots=True)
class Run:
    """Digits in a row, and where they stand in the original."""

    digits: str
    start: int
    end: int
    plus: bool = False
    """An international prefix: "plus four four"."""
    mended: bool = False
    """Its end was said anew: "... 9 0 0, sorry, 9 0 1"."""


def runs(reading: Reading) -> list[Run]:
    """All runs of digits, longest possible each."""
    found: list[Run] = []
    index = 0
    while index < len(reading.tokens):
        run, after = _run_at(reading.tokens, index)
        if run is not None:
            found.append(run)
        index = max(after, index + 1)
    return found


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every run of digits. One alone is unmistakable when the slot's own words stand before it, or it is as long as
    the slot asks for."""
    reading = read(text, moment.language)
    found = []
    for run in mended(runs(reading), text):
        length, low = len(run.digits), slot.minimum
        fitting = low is not None and low <= length <= (slot.maximum or low)
        counted = length >= max(_SHORT, low or 0) and cued(slot, reading, run.start, run.end)
        known = counted or (fitting and length >= _LONG)
        value = _quantity(text[run.start : run.end], moment) or run.digits
        found.append(Found(value, run.start, run.end, sure=not run.mended, plain=not known))
    return found


def _quantity(words: str, moment: Moment) -> str:
    """ "Four thousand five hundred" → "4500": figures that are said as one number; "" for others."""
    tokens = [token.text for token in read(words, moment.language).tokens]
    if tokens[0].startswith("0") or not any(token in _SCALES for token in tokens):
        return ""
    value, after = whole_number(tokens)
    return str(int(value)) if value is not None and after == len(tokens) else ""


def mended(found: list[Run], text: str) -> list[Run]:
    """Runs that only say the end of the one before anew are put into it."""
    kept: list[Run] = []
    for run in found:
        before = kept[-1] if kept else None
        anew = before is not None and corrects(text[before.end : run.start])
        if before is not None and anew and len(run.digits) < len(before.digits) and not run.plus:
            digits = before.digits[: -len(run.digits)] + run.digits
            kept[-1] = Run(digits, before.start, run.end, before.plus, mended=True)
        else:
            kept.append(run)
    return kept


def _run_at(tokens: tuple[Token, ...], index: int) -> tuple[Run | None, int]:
    """(the run that begins at this token, the token after it)."""
    first, plus, digits = index, False, ""
    if tokens[index].text in ("+", "plus"):
        plus, index = True, index + 1
    last = index
    while index < len(tokens):
        piece, after = _piece(tokens, index, digits)
        if piece:
            digits, last, index = digits + piece, after - 1, after
        elif digits and tokens[index].text in _BETWEEN and index - last <= _MOST_BETWEEN:
            index += 1
        else:
            break
    if not digits:
        return None, index
    return Run(digits, tokens[first].start, tokens[last].end, plus), last + 1


def _piece(tokens: tuple[Token, ...], index: int, before: str) -> tuple[str, int]:
    """(the digits that one or two tokens mean, the token after them); "" for none."""
    word = tokens[index].text
    after = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if word in _TIMES:
        digit = "0" if after in _ZERO else after
        return (digit * _TIMES[word], index + 2) if digit.isdigit() and len(digit) == 1 else ("", index)
    if word in _ZERO:
        return ("0", index + 1) if before or after[:1].isdigit() or after in _ZERO or after in _TIMES else ("", index)
    if not word[:1].isdigit() or _NOT_DIGITS.search(word):
        return "", index
    digits = "".join(character for character in word if character in "0123456789")
    if after in _SCALES and digits.strip("0"):
        return digits + _SCALES[after], index + 2
    return digits, index + 1


def keyed(text: str) -> str:
    """The digits among keys."""
    return "".join(character for character in text if character in "0123456789")
