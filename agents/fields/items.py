"""Lists of things that have fields of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from agents.fields.base import STORE_ITEMS, Field, Finding, Found, Label, Refused, Stored


def shown(fields: tuple[Field, ...], values: Mapping[str, Any]) -> Iterator[tuple[Field, Any]]:
    """The fields that count with these values, each with its value or what a missing one counts as."""
    whole = {field.name: values.get(field.name, field.blank()) for field in fields}
    for field in fields:
        if field.when is None or field.when.holds(whole):
            yield field, whole[field.name]


def store_values(fields: tuple[Field, ...], values: object, what: Label) -> Stored:
    """An object's values as the draft keeps them. Raises Refused, with the path, for a key that no field has."""
    if not isinstance(values, Mapping):
        raise Refused("not_an_object", _("%(field)s is damaged.") % {"field": what})
    known = {field.name: field for field in fields}
    kept: dict[str, Any] = {}
    dropped = 0
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            raise Refused(
                "field_unknown", _("There is no field “%(name)s” here.") % {"name": str(name)[:40]}, str(name)
            )
        try:
            stored = field.store(value)
        except Refused as refused:
            path = f"{name}.{refused.path}" if refused.path else name
            raise Refused(refused.code, refused.message, path) from refused
        kept[name] = stored.value
        dropped += stored.dropped
    return Stored(kept, dropped)


def object_schema(fields: tuple[Field, ...]) -> dict[str, Any]:
    """JSON schema of the values. A field that shows only sometimes is never required by it."""
    return {
        "type": "object",
        "properties": {field.name: {**field.schema(), "title": str(field.label)} for field in fields},
        "required": [field.name for field in fields if field.required and field.when is None],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ListField(Field):
    """Objects in order. `title` is the field that names one, `item` what one is called ("question")."""

    widget: ClassVar[str] = "list"

    max_items: int
    fields: tuple[Field, ...]
    title: str
    item: Label

    def store(self, value: object) -> Stored:
        if not isinstance(value, list):
            raise Refused("not_a_list", _("%(field)s must be a list.") % {"field": self.label})
        if len(value) > STORE_ITEMS:
            raise Refused("too_many", self._count_message(len(value)))
        kept, dropped = [], 0
        for number, item in enumerate(value):
            try:
                stored = store_values(self.fields, item, self.item)
            except Refused as refused:
                path = f"{number}.{refused.path}" if refused.path else str(number)
                raise Refused(refused.code, refused.message, path) from refused
            kept.append(stored.value)
            dropped += stored.dropped
        return Stored(kept, dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        for found in self.inspect(value):
            yield found.code, found.message

    def inspect(self, value: Any) -> Iterator[Found]:
        if not isinstance(value, list):
            yield Found(self.name, "not_a_list", _("%(field)s must be a list.") % {"field": self.label})
            return
        if len(value) > self.max_items:
            yield Found(self.name, "too_many", self._count_message(len(value)))
        if self.required and not value:
            yield Found(self.name, "required", _("%(field)s is empty. Add one.") % {"field": self.label})
        for number, item in enumerate(value):
            path = f"{self.name}.{number}"
            if not isinstance(item, Mapping):
                yield Found(path, "not_an_object", _("%(field)s is damaged.") % {"field": self.label})
                continue
            for field, kept in shown(self.fields, item):
                for found in field.inspect(kept):
                    yield Found(f"{path}.{found.path}", found.code, found.message)
        yield from self._repeats(value)

    def _repeats(self, value: list[Any]) -> Iterator[Found]:
        """Two items that have the same title."""
        seen: set[str] = set()
        for number, item in enumerate(value):
            title = str(item.get(self.title, "")).strip().casefold() if isinstance(item, Mapping) else ""
            if title and title in seen:
                message = _("“%(title)s” is there twice. Keep one of the two.") % {"title": title[:40]}
                yield Found(f"{self.name}.{number}.{self.title}", "repeated", message)
            seen.add(title)

    def blank(self) -> list[dict[str, Any]]:
        return [dict(item) for item in self.default or ()]

    def texts(self, value: Any) -> Iterator[tuple[str, str]]:
        for number, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, Mapping):
                for field, kept in shown(self.fields, item):
                    for path, text in field.texts(kept):
                        yield f"{self.name}.{number}.{path}", text

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": object_schema(self.fields), "maxItems": self.max_items}

    def describe(self) -> dict[str, Any]:
        return {
            **Field.describe(self),
            "max_items": self.max_items,
            "fields": [field.describe() for field in self.fields],
            "title": self.title,
            "item": str(self.item),
        }

    def _count_message(self, count: int) -> str:
        return _("%(field)s holds %(count)d entries; at most %(limit)d are allowed.") % {
            "field": self.label,
            "count": count,
            "limit": self.max_items,
        }
