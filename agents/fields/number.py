from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from agents.fields.base import Field, Finding, Label, Refused, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField(Field):
    """`empty`: null is a value too, and means no limit."""

    widget: ClassVar[str] = "number"

    minimum: float
    maximum: float
    step: float = 1
    whole: bool = False
    unit: Label = ""
    empty: bool = False

    def store(self, value: object) -> Stored:
        if self.empty and value is None:
            return Stored(None)
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
        if self.empty and value is None:
            return
        number = self._number(value)
        if number is None:
            yield "not_a_number", _("%(field)s must be a number.") % {"field": self.label}
        elif not self.minimum <= number <= self.maximum:
            yield "out_of_range", self._range_message()

    def blank(self) -> float | None:
        if self.default is not None or self.empty:
            return self.default  # type: ignore[no-any-return]
        return self.minimum

    def schema(self) -> dict[str, Any]:
        kind = "integer" if self.whole else "number"
        return {"type": [kind, "null"] if self.empty else kind, "minimum": self.minimum, "maximum": self.maximum}

    def describe(self) -> dict[str, Any]:
        return {
            **Field.describe(self),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "step": self.step,
            "whole": self.whole,
            "unit": str(self.unit),
            "empty": self.empty,
        }

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
