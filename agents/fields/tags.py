from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.fields.base import STORE_ITEMS, STORE_LIMIT, Field, Finding, Refused, Stored
from agents.text import clean_text, has_unusable


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

    def blank(self) -> list[str]:
        return list(self.default or ())

    def schema(self) -> dict[str, Any]:
        item = {"type": "string", "maxLength": self.max_length}
        return {"type": "array", "items": item, "maxItems": self.max_items}

    def describe(self) -> dict[str, Any]:
        return {**Field.describe(self), "max_items": self.max_items, "max_length": self.max_length}

    def _count_message(self, count: int) -> str:
        return ngettext(
            "%(field)s holds %(count)d entry; at most %(limit)d are allowed.",
            "%(field)s holds %(count)d entries; at most %(limit)d are allowed.",
            count,
        ) % {"field": self.label, "count": count, "limit": self.max_items}
