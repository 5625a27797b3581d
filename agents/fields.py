"""The schema of what a user fills in: one small class per kind of value.

A field does two things. `store` turns what arrived (form, JSON) into the value the draft keeps,
and refuses only what cannot be kept at all. `check` says what is wrong with a kept value before
it may be compiled. Forms, API, compile and documentation read the same fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.text import clean_text, has_unusable

STORE_LIMIT = 100_000
"""Characters a draft keeps of one text, so that nothing pasted is lost; `max_length` is for compiling."""
STORE_ITEMS = 1_000

Label = str | Promise


class Refused(ValueError):
    """The value cannot be kept. `code` is stable, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Stored:
    """A value fit for the draft; `dropped` counts unusable characters that were taken out."""

    value: Any
    dropped: int = 0


Finding = tuple[str, str]
"""(stable code, message)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Common to all: the draft's attribute, its label and help, and the form section it stands in."""

    widget: ClassVar[str] = ""

    name: str
    label: Label
    help: Label = ""
    section: str = ""
    required: bool = False

    def store(self, value: object) -> Stored:
        raise NotImplementedError

    def check(self, value: Any) -> Iterator[Finding]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(Field):
    """One line, or several when `multiline`. Lengths in characters."""

    widget: ClassVar[str] = "text"

    max_length: int
    multiline: bool = False
    counts_tokens: bool = False

    def store(self, value: object) -> Stored:
        if not isinstance(value, str):
            raise Refused("not_text", _("%(field)s must be text.") % {"field": self.label})
        if len(value) > STORE_LIMIT:
            raise Refused(
                "too_long",
                _("%(field)s has %(length)d characters; a draft keeps at most %(limit)d. Shorten it and save again.")
                % {"field": self.label, "length": len(value), "limit": STORE_LIMIT},
            )
        text, dropped = clean_text(value)
        if not self.multiline:
            text = " ".join(text.split())
        return Stored(text, dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, str):
            yield "not_text", _("%(field)s must be text.") % {"field": self.label}
            return
        if has_unusable(value):
            yield (
                "control_character",
                _("%(field)s contains invisible control characters. Type or paste it again.") % {"field": self.label},
            )
        if self.required and not value.strip():
            yield "required", _("%(field)s is empty. Write something here.") % {"field": self.label}
        if len(value) > self.max_length:
            yield (
                "too_long",
                _("%(field)s has %(length)d characters; at most %(limit)d are allowed. Shorten it.")
                % {"field": self.label, "length": len(value), "limit": self.max_length},
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField(Field):
    widget: ClassVar[str] = "number"

    minimum: float
    maximum: float
    step: float = 1
    whole: bool = False
    unit: Label = ""

    def store(self, value: object) -> Stored:
        number = self._number(value)
        if number is None:
            raise Refused("not_a_number", _("%(field)s must be a number.") % {"field": self.label})
        if self.whole:
            if number != int(number) or abs(number) > 1_000_000:
                raise Refused("not_whole", _("%(field)s must be a whole number.") % {"field": self.label})
            return Stored(int(number))
        if abs(number) > 1_000_000:
            raise Refused("out_of_range", self._range_message())
        return Stored(round(number, 4))

    def check(self, value: Any) -> Iterator[Finding]:
        number = self._number(value)
        if number is None:
            yield "not_a_number", _("%(field)s must be a number.") % {"field": self.label}
        elif not self.minimum <= number <= self.maximum:
            yield "out_of_range", self._range_message()

    def _number(self, value: object) -> float | None:
        """A finite number from a number or its decimal text; None for anything else."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def _range_message(self) -> str:
        return _("%(field)s must be between %(minimum)g and %(maximum)g.") % {
            "field": self.label,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField(Field):
    """One of a list that the worker's engines give: only the form of the value is checked here."""

    widget: ClassVar[str] = "choice"

    max_length: int = 100

    def store(self, value: object) -> Stored:
        if not isinstance(value, str):
            raise Refused("not_text", _("%(field)s must be text.") % {"field": self.label})
        text, dropped = clean_text(value)
        text = text.strip()
        if len(text) > self.max_length:
            raise Refused("too_long", _("%(field)s is too long. Choose one from the list.") % {"field": self.label})
        return Stored(text, dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, str) or not value.strip() or has_unusable(value) or len(value) > self.max_length:
            yield "required", _("Choose %(field)s from the list.") % {"field": self.label}


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchField(Field):
    widget: ClassVar[str] = "switch"

    def store(self, value: object) -> Stored:
        if not isinstance(value, bool):
            raise Refused("not_a_switch", _("%(field)s must be true or false.") % {"field": self.label})
        return Stored(value)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, bool):
            yield "not_a_switch", _("%(field)s must be true or false.") % {"field": self.label}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsField(Field):
    """A list of short texts, without blanks and repeats."""

    widget: ClassVar[str] = "tags"

    max_items: int
    max_length: int

    def store(self, value: object) -> Stored:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Refused("not_a_list", _("%(field)s must be a list of texts.") % {"field": self.label})
        if len(value) > STORE_ITEMS or sum(map(len, value)) > STORE_LIMIT:
            raise Refused("too_many", self._count_message(len(value)))
        kept: dict[str, str] = {}
        dropped = 0
        for item in value:
            text, lost = clean_text(item)
            dropped += lost
            text = " ".join(text.split())
            if text:
                kept.setdefault(text.casefold(), text)
        return Stored(list(kept.values()), dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield "not_a_list", _("%(field)s must be a list of texts.") % {"field": self.label}
            return
        if len(value) > self.max_items:
            yield "too_many", self._count_message(len(value))
        for item in value:
            if has_unusable(item):
                yield "control_character", _("A word in %(field)s contains control characters.") % {"field": self.label}
            elif len(item) > self.max_length:
                yield (
                    "too_long",
                    _("“%(item)s…” in %(field)s is longer than %(limit)d characters.")
                    % {"item": item[:20], "field": self.label, "limit": self.max_length},
                )

    def _count_message(self, count: int) -> str:
        return ngettext(
            "%(field)s holds %(count)d entry; at most %(limit)d are allowed.",
            "%(field)s holds %(count)d entries; at most %(limit)d are allowed.",
            count,
        ) % {"field": self.label, "count": count, "limit": self.max_items}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsField(Field):
    """A table of texts. The first column is the key: rows with the same key are a problem."""

    widget: ClassVar[str] = "rows"

    max_items: int
    columns: tuple[TextField, ...]

    def store(self, value: object) -> Stored:
        if not isinstance(value, list):
            raise Refused("not_a_list", _("%(field)s must be a list of rows.") % {"field": self.label})
        if len(value) > STORE_ITEMS:
            raise Refused("too_many", self._count_message(len(value)))
        rows: list[dict[str, str]] = []
        dropped = 0
        for row in value:
            if not isinstance(row, Mapping) or set(row) != {column.name for column in self.columns}:
                raise Refused(
                    "not_a_row",
                    _("Each row of %(field)s has exactly these fields: %(names)s.")
                    % {"field": self.label, "names": ", ".join(column.name for column in self.columns)},
                )
            kept: dict[str, str] = {}
            for column in self.columns:
                stored = column.store(row[column.name])
                kept[column.name] = stored.value
                dropped += stored.dropped
            if any(kept.values()):
                rows.append(kept)
        return Stored(rows, dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield "not_a_list", _("%(field)s must be a list of rows.") % {"field": self.label}
            return
        if len(value) > self.max_items:
            yield "too_many", self._count_message(len(value))
        seen: set[str] = set()
        for number, row in enumerate(value, start=1):
            if not isinstance(row, Mapping):
                yield "not_a_row", _("Row %(row)d of %(field)s is damaged.") % {"row": number, "field": self.label}
                continue
            for column in self.columns:
                for code, message in column.check(row.get(column.name)):
                    yield code, _("Row %(row)d: %(message)s") % {"row": number, "message": message}
            key = str(row.get(self.columns[0].name, "")).casefold()
            if key and key in seen:
                yield (
                    "repeated",
                    _("Row %(row)d repeats “%(key)s”. Keep one of the two.") % {"row": number, "key": key[:40]},
                )
            seen.add(key)

    def _count_message(self, count: int) -> str:
        return _("%(field)s has %(count)d rows; at most %(limit)d are allowed.") % {
            "field": self.label,
            "count": count,
            "limit": self.max_items,
        }
