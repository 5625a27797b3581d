"""One of a list, some of a list, yes or no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from agents.fields.base import STORE_ITEMS, Field, Finding, Label, Refused, Stored
from agents.text import clean_text, has_unusable


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: Label
    group: Label = ""
    help: Label = ""

    def describe(self) -> dict[str, str]:
        return {"value": self.value, "label": str(self.label), "group": str(self.group), "help": str(self.help)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField(Field):
    """One of `options`, or of a list that is only known when the page opens: `source` names it, and then
    only the form of the value is checked here. `empty`: what "" is called, where nothing may be chosen."""

    widget: ClassVar[str] = "choice"

    max_length: int = 100
    options: tuple[Option, ...] = ()
    source: str = ""
    empty: Label = ""

    def store(self, value: object) -> Stored:
        if not isinstance(value, str):
            raise Refused("not_text", _("%(field)s must be text.") % {"field": self.label})
        text, dropped = clean_text(value)
        text = text.strip()
        if len(text) > self.max_length:
            raise Refused("too_long", _("%(field)s is too long. Choose one from the list.") % {"field": self.label})
        return Stored(text, dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if value == "" and self.empty:
            return
        if not isinstance(value, str) or not value.strip() or has_unusable(value) or len(value) > self.max_length:
            yield "required", _("Choose %(field)s from the list.") % {"field": self.label}
        elif self.options and value not in {option.value for option in self.options}:
            yield "unknown_choice", _("Choose %(field)s from the list.") % {"field": self.label}

    def blank(self) -> str:
        if self.default is not None:
            return str(self.default)
        return self.options[0].value if self.options and not self.empty else ""

    def schema(self) -> dict[str, Any]:
        if not self.options:
            return {"type": "string", "maxLength": self.max_length}
        return {"type": "string", "enum": [*([""] if self.empty else []), *(option.value for option in self.options)]}

    def describe(self) -> dict[str, Any]:
        return {
            **Field.describe(self),
            "options": [option.describe() for option in self.options],
            "source": self.source,
            "empty": str(self.empty),
            "max_length": self.max_length,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PicksField(Field):
    """Some of a list that `source` names; the order is kept."""

    widget: ClassVar[str] = "picks"

    source: str
    max_items: int = 50
    max_length: int = 100

    def store(self, value: object) -> Stored:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Refused("not_a_list", _("%(field)s must be a list of texts.") % {"field": self.label})
        if len(value) > STORE_ITEMS or any(len(item) > self.max_length for item in value):
            raise Refused("too_many", _("%(field)s holds too much.") % {"field": self.label})
        cleaned = [clean_text(item) for item in value]
        kept = dict.fromkeys(text.strip() for text, _dropped in cleaned)
        return Stored([text for text in kept if text], sum(dropped for _text, dropped in cleaned))

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield "not_a_list", _("%(field)s must be a list of texts.") % {"field": self.label}
        elif len(value) > self.max_items:
            yield (
                "too_many",
                _("%(field)s holds %(count)d entries; at most %(limit)d are allowed.")
                % {"field": self.label, "count": len(value), "limit": self.max_items},
            )
        elif self.required and not value:
            yield "required", _("Choose %(field)s from the list.") % {"field": self.label}

    def blank(self) -> list[str]:
        return list(self.default or ())

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}, "maxItems": self.max_items, "uniqueItems": True}

    def describe(self) -> dict[str, Any]:
        return {**Field.describe(self), "options": [], "source": self.source, "max_items": self.max_items}


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

    def blank(self) -> bool:
        return bool(self.default)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}
