"""Message templates of the Content API, and what a text with numbered blanks reads like. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_BLANK = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`types` as in the Content API: {"twilio/text": {"body": "..."}}, "twilio/quick-reply", "twilio/list-picker" ...

    `approval`: WhatsApp's word on it: "approved", "pending", "rejected", or "" when it was never handed in.
    """

    sid: str
    name: str
    types: Mapping[str, Any]
    language: str = "en"
    variables: Mapping[str, str] = field(default_factory=dict)
    approval: str = "approved"
    category: str = "UTILITY"

    @property
    def body(self) -> str:
        """Of its first type."""
        first: Mapping[str, Any] = next(iter(self.types.values()), {})
        return str(first.get("body", ""))

    def filled(self, values: Mapping[str, str]) -> str:
        """Blanks that have no value are filled with the sample."""
        told = {**self.variables, **values}
        return _BLANK.sub(lambda blank: str(told.get(blank[1], "")), self.body)
