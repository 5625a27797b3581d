"""Tables of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from agents.fields.base import STORE_ITEMS, Field, Finding, Refused, Stored
from agents.fields.choice import ChoiceField
from agents.fields.text import TextField, VariableField


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsField(Field):
    """A table of texts. The first column is the key: rows with the same key are a problem."""

    widget: ClassVar[str] = "rows"

    max_items: int
    columns: tuple[TextField | VariableField | ChoiceField, ...]

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
        if self.required and not value:
            yield "required", _("%(field)s has no row. Add one.") % {"field": self.label}
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

    def blank(self) -> list[dict[str, str]]:
        return [dict(row) for row in self.default or ()]

    def texts(self, value: Any) -> Iterator[tuple[str, str]]:
        for number, row in enumerate(value if isinstance(value, list) else ()):
            if isinstance(row, Mapping):
                for column in self.columns:
                    for name, text in column.texts(row.get(column.name)):
                        yield f"{self.name}.{number}.{name}", text

    def schema(self) -> dict[str, Any]:
        row = {
            "type": "object",
            "properties": {column.name: column.schema() for column in self.columns},
            "required": [column.name for column in self.columns],
            "additionalProperties": False,
        }
        return {"type": "array", "items": row, "maxItems": self.max_items}

    def describe(self) -> dict[str, Any]:
        return {
            **Field.describe(self),
            "max_items": self.max_items,
            "columns": [column.describe() for column in self.columns],
        }

    def _count_message(self, count: int) -> str:
        return _("%(field)s has %(count)d rows; at most %(limit)d are allowed.") % {
            "field": self.label,
            "count": count,
            "limit": self.max_items,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsField(RowsField):
    """What a tool is called with: rows of name and value. `of` is the sibling field with the tool's name."""

    widget: ClassVar[str] = "arguments"

    of: str

    def describe(self) -> dict[str, Any]:
        return {**RowsField.describe(self), "of": self.of}
