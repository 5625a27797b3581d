"""Which column of a list is what, and each of its rows → a person to reach, or why not. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
import phonenumbers
from msgspec import Meta, Struct

from channels_io.campaigns.sheet import Row
from channels_io.campaigns.zones import is_zone
from channels_io.guards.numbers import NotANumber, Number, parse_number
from inference.flow.templates import MAX_NAME, is_name

Column = Annotated[int, Meta(ge=0, le=59)]
Problem = Literal[
    "number_missing", "number_scientific", "number_letters", "number_extension", "number_no_country", "number_invalid",
    "zone_unknown",
]  # fmt: skip
MOST_VARIABLES: Final = 20
MOST_VALUE: Final = 500


class ListMapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`CampaignList.mapping`: columns by their place, counted from 0."""

    number: Column
    name: Column | None = None
    zone: Column | None = None
    variables: Annotated[dict[str, Column], Meta(max_length=MOST_VARIABLES)] = {}
    header: bool = True
    """The first row names the columns."""
    region: Annotated[str, Meta(pattern=r"^(?:[A-Z]{2})?\Z")] = ""
    """Country of numbers that are written without one; "": there must be one."""


class Person(Struct, frozen=True):
    """`number` is E.164."""

    line: int
    number: Number
    name: str
    zone: str
    variables: dict[str, str]


class BadLine(Struct, frozen=True):
    """`written`: what stood where the number should be."""

    line: int
    written: str
    problem: Problem


def load_mapping(stored: Mapping[str, Any]) -> ListMapping:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(stored, ListMapping)


def read_row(row: Row, mapping: ListMapping) -> Person | BadLine:
    written = row.cell(mapping.number)
    number = read_number(written, mapping.region)
    if not isinstance(number, Number):
        return BadLine(row.line, written, number)
    zone = row.cell(mapping.zone)
    if zone and not is_zone(zone):
        return BadLine(row.line, written, "zone_unknown")
    values = {name: row.cell(column)[:MOST_VALUE] for name, column in mapping.variables.items()}
    return Person(row.line, number, row.cell(mapping.name)[:200], zone, values)


def read_number(written: str, region: str = "") -> Number | Problem:
    """As people and spreadsheets write numbers. `region` has two letters: where one without "+" is from."""
    text = written.strip().lstrip("'").removeprefix("tel:").strip()
    if not text:
        return "number_missing"
    if _SCIENTIFIC.fullmatch(text):
        return "number_scientific"
    if _EXTENSION.search(text):
        return "number_extension"
    if _LETTERS.search(text):
        return "number_letters"
    if not _NUMBER.fullmatch(text):
        return "number_invalid"
    digits = re.sub(r"[^0-9+]", "", text.removesuffix(".0"))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+") and not region:
        return "number_no_country"
    try:
        parsed = phonenumbers.parse(digits, region or None)
        if not phonenumbers.is_valid_number(parsed):
            return "number_invalid"
        return parse_number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    except (phonenumbers.NumberParseException, NotANumber):
        return "number_invalid"


def has_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names columns: nothing in it looks like a number, though something below does."""
    if not rows:
        return False
    return not any(map(_looks_like_number, rows[0].cells)) and any(
        _looks_like_number(cell) for row in rows[1:] for cell in row.cells
    )


def guess(rows: Sequence[Row], region: str) -> ListMapping:
    """A mapping to begin with, from the names of the columns and from what stands in them. `rows`: the first few."""
    header = has_header(rows)
    below = rows[1:] if header else rows
    width = max((len(row.cells) for row in rows), default=1)
    titles = [rows[0].cell(column) if header else "" for column in range(width)]
    number = _titled(titles, _NUMBER_TITLES)
    if number is None:
        number = max(range(width), key=lambda column: sum(_looks_like_number(row.cell(column)) for row in below))
    name, zone = _titled(titles, _NAME_TITLES, {number}), _titled(titles, _ZONE_TITLES, {number})
    used = {number, name, zone}
    variables: dict[str, int] = {}
    for column, title in enumerate(titles):
        word = variable_name(title)
        if column not in used and word and word not in variables and len(variables) < MOST_VARIABLES:
            variables[word] = column
    return ListMapping(number=number, name=name, zone=zone, variables=variables, header=header, region=region)


def variable_name(title: str) -> str:
    """ "Appointment date" → "appointment_date"; "" where nothing is left."""
    word = re.sub(r"[^a-z0-9_]+", "_", title.strip().lower()).strip("_")[:MAX_NAME]
    word = f"x_{word}"[:MAX_NAME] if word[:1].isdigit() else word
    return word if is_name(word) else ""


def _titled(titles: Sequence[str], words: re.Pattern[str], taken: set[int] | None = None) -> int | None:
    return next(
        (column for column, title in enumerate(titles) if words.search(title.lower()) and column not in (taken or ())),
        None,
    )


def _looks_like_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None and sum(map(str.isdigit, cell)) >= 7


_NUMBER = re.compile(r"\+?[0-9\s().\-/\u2010-\u2015]+", re.ASCII)
_LETTERS = re.compile(r"[^\W\d_]")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_EXTENSION = re.compile(r"(?:;|,|#|\*|(?<![a-z])x\s?[0-9]|\bext)", re.IGNORECASE)
_NUMBER_TITLES = re.compile(r"phone|mobile|cell|tel|number|msisdn|handy|móvil|rufnummer|whatsapp")
_NAME_TITLES = re.compile(r"^(?:full |contact )?name$|first.?name|vorname|nombre|^contact$|^customer$")
_ZONE_TITLES = re.compile(r"zone|^tz$")
