"""Telephone numbers: digits in words → E.164 where there is such a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import PhoneNumberFormat

from inference.nodes import Slot
from inference.slots.cues import cued
from inference.slots.digits import Run, mended, runs
from inference.slots.parsed import Found
from inference.slots.reading import MOST_FOUND, NEAR, Reading, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_FEWEST, _MOST = 5, 15
_SHORTEST_POSSIBLE = 9
_WITHOUT_PREFIX = 10
"""More digits than this may begin with the number of a country."""
_NOWHERE = "ZZ"
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_REGIONS = {
    "en": ("US", "GB", "IE", "AU", "NZ"), "de": ("DE", "AT", "CH"), "fr": ("FR", "BE", "CH"),
    "es": ("ES", "MX", "AR", "CO"), "it": ("IT",), "nl": ("NL", "BE"), "pt": ("PT", "BR"), "pl": ("PL",),
    "ru": ("RU",), "ja": ("JP",), "ko": ("KR",), "zh": ("CN", "TW"), "tr": ("TR",), "ar": ("SA", "AE", "EG"),
    "hi": ("IN",), "vi": ("VN",), "th": ("TH",),
}  # fmt: skip
"""Where a number without a prefix may be from, by language; the caller's own country comes first."""
_CUE = re.compile(r"\b(?:phone|mobile|cell|telephone|number|call|text|ring|reach|whatsapp)\b")
_OTHER = re.compile(
    r"\b(?:insurance|order|card|account|policy|reference|member(?:ship)?|invoice|booking|case|customer|tracking|serial|"
    r"passport|licen[cs]e|ticket|confirmation|pin|code)\b"
)
"""What else has a number."""
_THIS_ONE = re.compile(
    r"\b(?:th(?:is|e) (?:same )?(?:number|one|1)(?: (?:i'?m|i am|you) .*)?|(?:number|one|1) i'?m (?:calling|"
    r"ringing|phoning) from"
    r"|same (?:number|one|1)|my number here)\b"
)
_EXTENSION = re.compile(r" (?:extension|ext) $")


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every number of 5 to 15 digits; E.164 where it is valid somewhere likely, else the digits as a guess."""
    reading = read(text, moment.language)
    found = []
    for run in mended(runs(reading), text)[:MOST_FOUND]:
        before = read(text[max(0, run.start - NEAR) : run.start], moment.language).plain
        if not _FEWEST <= len(run.digits) <= _MOST or _EXTENSION.search(before):
            continue
        number = to_e164(run, moment)
        possible = number or _possible(run, moment)
        known = _CUE.search(before) is not None or cued(slot, reading, run.start, run.end)
        long = run.plus or len(run.digits) >= _WITHOUT_PREFIX
        unmistakable = (known or (possible and long)) and not _OTHER.search(before)
        value = possible or ("+" if run.plus else "") + run.digits
        found.append(Found(value, run.start, run.end, bool(number) and not run.mended, plain=not unmistakable))
    return found or list(_own(reading, moment))


def to_e164(run: Run, moment: Moment) -> str:
    """The number in international form, or "" when it is valid nowhere likely."""
    tries = [(run.digits, region) for region in regions(moment)] if not run.plus else []
    if run.plus:
        tries = [("+" + run.digits, _NOWHERE)]
    elif run.digits.startswith("00"):
        tries.insert(0, ("+" + run.digits[2:], _NOWHERE))
    elif len(run.digits) > _WITHOUT_PREFIX and not run.digits.startswith("0"):
        tries.append(("+" + run.digits, _NOWHERE))  # "Four four, twenty ...": the prefix without its plus.
    return next((number for digits, region in tries if (number := _number(digits, region))), "")


def _possible(run: Run, moment: Moment) -> str:
    """The number in international form where it has the right length: nobody has it, or it is not given out yet."""
    if len(run.digits) < _SHORTEST_POSSIBLE:
        return ""
    if run.plus:
        return _number("+" + run.digits, _NOWHERE, in_use=False)
    if run.digits.startswith("00"):
        return _number("+" + run.digits[2:], _NOWHERE, in_use=False)
    tries = ((run.digits, region) for region in regions(moment))
    return next((number for digits, region in tries if (number := _number(digits, region, in_use=False))), "")


def regions(moment: Moment) -> Iterator[str]:
    """Countries a number may be from, the likeliest first."""
    own = _region_of(str(moment.facts.get("caller", "")))
    if own:
        yield own
    tongue, _, region = moment.language.partition("-")
    if region:
        yield region.upper()[:2]
    yield from _REGIONS.get(tongue.lower(), _REGIONS["en"])


def keyed(digits: str, moment: Moment) -> str:
    """The number that these keys are."""
    run = Run(digits, 0, 0)
    return to_e164(run, moment) or _possible(run, moment) or digits


def _own(reading: Reading, moment: Moment) -> Iterator[Found]:
    """ "The number I'm calling from"."""
    caller = str(moment.facts.get("caller", ""))
    match = _THIS_ONE.search(reading.plain)
    if match and _E164.fullmatch(caller):
        start, end = reading.origin(*match.span())
        yield Found(caller, start, end, plain=True)


@lru_cache(maxsize=64)
def _number(text: str, region: str, *, in_use: bool = True) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not (phonenumbers.is_valid_number(number) if in_use else possible):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=64)
def _region_of(text: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(text, _NOWHERE)) or ""
    except phonenumbers.NumberParseException:
        return ""


def shown(value: str, moment: Moment) -> str:
    """As it is written where the caller is: "020 7946 0018", "+33 1 23 45 67 89"."""
    try:
        number = phonenumbers.parse(value, _NOWHERE)
    except phonenumbers.NumberParseException:
        return value
    at_home = phonenumbers.region_code_for_number(number) == next(regions(moment), "")
    form = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)
