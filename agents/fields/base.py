"""What every field is: a name, words for people, and the two checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise

STORE_LIMIT = 100_000
"""Characters a draft keeps of one text, so that nothing pasted is lost; `max_length` is for compiling."""
STORE_ITEMS = 1_000

Label = str | Promise

Finding = tuple[str, str]
"""(stable code, message)."""


class Refused(ValueError):
    """The value cannot be kept. `code` is stable, the text says what to do; `path` is where in the value, if inside."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


@dataclass(frozen=True, slots=True)
class Stored:
    """A value fit for the draft; `dropped` counts unusable characters that were taken out."""

    value: Any
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A finding inside a value. `path` begins with the field's name: "slots.2.ask"."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class When:
    """Holds while the value `field` of the same object is one of `values`."""

    field: str
    values: tuple[Any, ...]

    def holds(self, values: Mapping[str, Any], default: Any = None) -> bool:
        return values.get(self.field, default) in self.values

    def describe(self) -> dict[str, Any]:
        return {"field": self.field, "in": list(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Common to all: the key of the value, its label and help, and the form section it stands in.

    `when`: shown and checked only while it holds. `advanced`: most people leave it alone.
    """

    widget: ClassVar[str] = ""

    name: str
    label: Label
    help: Label = ""
    section: str = ""
    required: bool = False
    default: Any = None
    when: When | None = None
    advanced: bool = False

    def store(self, value: object) -> Stored:
        raise NotImplementedError

    def check(self, value: Any) -> Iterator[Finding]:
        raise NotImplementedError

    def inspect(self, value: Any) -> Iterator[Found]:
        """What `check` finds, and where in the value."""
        for code, message in self.check(value):
            yield Found(self.name, code, message)

    def blank(self) -> Any:
        """What a value that is missing counts as."""
        return self.default

    def texts(self, value: Any) -> Iterator[tuple[str, str]]:
        """(path, text) of everything in the value that may hold `{{name}}`."""
        yield from ()

    def schema(self) -> dict[str, Any]:
        """JSON schema of the value."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """The field as the canvas needs it: docs/builder-data.md."""
        return {
            "name": self.name,
            "label": str(self.label),
            "help": str(self.help),
            "widget": self.widget,
            "section": self.section,
            "required": self.required,
            "default": self.blank(),
            "when": self.when.describe() if self.when else None,
            "advanced": self.advanced,
        }
