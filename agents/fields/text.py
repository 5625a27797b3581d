"""Texts: words for people, templates, and names of variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from agents.fields.base import STORE_LIMIT, Field, Finding, Label, Refused, Stored
from agents.placeholders import MAX_NAME, is_name
from agents.text import clean_text, has_unusable


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(Field):
    """One line, or several when `multiline`. Lengths in characters. `template`: may hold `{{name}}`; `spoken`: callers hear it."""

    widget: ClassVar[str] = "text"

    max_length: int
    multiline: bool = False
    counts_tokens: bool = False
    template: bool = False
    spoken: bool = False
    placeholder: Label = ""

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

    def blank(self) -> str:
        return str(self.default or "")

    def texts(self, value: Any) -> Iterator[tuple[str, str]]:
        if self.template and isinstance(value, str) and value:
            yield self.name, value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max_length, **({"minLength": 1} if self.required else {})}

    def describe(self) -> dict[str, Any]:
        return {
            **Field.describe(self),
            "max_length": self.max_length,
            "multiline": self.multiline,
            "template": self.template,
            "spoken": self.spoken,
            "counts_tokens": self.counts_tokens,
            "placeholder": str(self.placeholder),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableField(Field):
    """The name of a variable that is written."""

    widget: ClassVar[str] = "variable"

    max_length: int = MAX_NAME

    def store(self, value: object) -> Stored:
        if not isinstance(value, str) or len(value) > STORE_LIMIT:
            raise Refused("not_text", _("%(field)s must be text.") % {"field": self.label})
        text, dropped = clean_text(value)
        return Stored(text.strip()[: 4 * MAX_NAME], dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, str):
            yield "not_text", _("%(field)s must be text.") % {"field": self.label}
        elif not value:
            if self.required:
                yield "required", _("%(field)s is empty. Give the variable a name.") % {"field": self.label}
        elif not is_name(value):
            yield (
                "bad_name",
                _("“%(name)s” cannot be a variable. Use letters, digits and _, and begin with a letter.")
                % {"name": value[:40]},
            )

    def blank(self) -> str:
        return str(self.default or "")

    def schema(self) -> dict[str, Any]:
        pattern = "^[A-Za-z_][A-Za-z0-9_]*$" if self.required else "^([A-Za-z_][A-Za-z0-9_]*)?$"
        return {"type": "string", "maxLength": self.max_length, "pattern": pattern}

    def describe(self) -> dict[str, Any]:
        return {**Field.describe(self), "max_length": self.max_length}
