"""What is to be known of a conversation once it is over: outcomes to choose from, fields to find, an extra word.

Compiled into nothing: the worker that talks needs none of it. Whoever looks at the conversation afterwards reads it from
the published version (`read_after_call`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.default_after_call import default_after_call
from agents.fields import (
    ChoiceField,
    Field,
    ListField,
    Option,
    Stored,
    SwitchField,
    TagsField,
    TextField,
    VariableField,
    When,
    object_schema,
    store_values,
)
from agents.fields.base import Finding

WantedKind = Literal["text", "number", "date", "yes_no", "choice"]

RESERVED: Final = frozenset({"completed", "silent", "failed"})
"""What a conversation is called without any outcome of its agent's."""

KINDS: Final = (
    Option("text", gettext_lazy("Text")),
    Option("number", gettext_lazy("Number")),
    Option("date", gettext_lazy("Date")),
    Option("yes_no", gettext_lazy("Yes or no")),
    Option("choice", gettext_lazy("One of a list")),
)

ANALYSE: Final = SwitchField(
    name="analyse",
    label=gettext_lazy("Look at every conversation when it is over"),
    help=gettext_lazy("Summary, mood, outcome and the fields below, written while no caller needs the model."),
    default=True,
)
OUTCOMES: Final = ListField(
    name="outcomes",
    label=gettext_lazy("Outcomes"),
    help=gettext_lazy(
        "One of them is chosen for each conversation. A step of the flow that was reached decides at once."
    ),
    max_items=12,
    fields=(
        TextField(name="name", label=gettext_lazy("Outcome"), max_length=40, required=True),
        TextField(name="description", label=gettext_lazy("When"), max_length=200),
        SwitchField(name="solved", label=gettext_lazy("Counts as solved")),
        TagsField(name="steps", label=gettext_lazy("Steps that decide it"), max_items=10, max_length=80),
    ),
    title="name",
    item=gettext_lazy("outcome"),
)
FIELDS: Final = ListField(
    name="fields",
    label=gettext_lazy("Fields"),
    help=gettext_lazy(
        "What the flow has asked for under this name is taken as it is; the rest is looked for in what was said."
    ),
    max_items=20,
    fields=(
        VariableField(name="name", label=gettext_lazy("Field"), required=True),
        ChoiceField(name="kind", label=gettext_lazy("Type"), options=KINDS, default="text"),
        TextField(name="description", label=gettext_lazy("What it is"), max_length=200),
        TagsField(
            name="choices",
            label=gettext_lazy("List"),
            max_items=12,
            max_length=60,
            when=When("kind", ("choice",)),
        ),
    ),
    title="name",
    item=gettext_lazy("field"),
)
INSTRUCTION: Final = TextField(
    name="instruction",
    label=gettext_lazy("Also mind"),
    help=gettext_lazy("One or two sentences about your business that make summaries and outcomes better."),
    max_length=600,
    multiline=True,
)
PARTS: Final[tuple[Field, ...]] = (ANALYSE, OUTCOMES, FIELDS, INSTRUCTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterCallField(Field):
    """An object of the four `PARTS`; what is missing in it counts as its default."""

    widget: ClassVar[str] = "after_call"

    def store(self, value: object) -> Stored:
        stored = store_values(PARTS, value, self.label)
        return Stored({**{part.name: part.blank() for part in PARTS}, **stored.value}, stored.dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            yield "not_an_object", _("%(field)s is damaged.") % {"field": self.label}
            return
        for part in PARTS:
            for code, message in part.check(value.get(part.name, part.blank())):
                yield code, _("%(part)s: %(message)s") % {"part": part.label, "message": message}
        yield from _check_rows(value)

    def blank(self) -> dict[str, Any]:
        return default_after_call()

    def schema(self) -> dict[str, Any]:
        return object_schema(PARTS)

    def describe(self) -> dict[str, Any]:
        return {**Field.describe(self), "fields": [part.describe() for part in PARTS]}


def _check_rows(value: Mapping[str, Any]) -> Iterator[Finding]:
    """What no part can see alone."""
    for row in _rows(value, "outcomes"):
        if str(row.get("name", "")).casefold() in RESERVED:
            yield (
                "reserved",
                _("“%(name)s” is a word of Parley's own. Call the outcome something else.") % {"name": row["name"]},
            )
    for row in _rows(value, "fields"):
        if row.get("kind") == "choice" and not row.get("choices"):
            yield "required", _("The list of “%(name)s” is empty. Write what may be chosen.") % {"name": row["name"]}


AFTER_CALL: Final = AfterCallField(
    name="after_call",
    label=gettext_lazy("After the conversation"),
    section="after",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`steps`: ids or names of nodes; a conversation that has reached one has this outcome."""

    name: str
    description: str = ""
    solved: bool = False
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field to find."""

    name: str
    kind: WantedKind = "text"
    description: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AfterCall:
    analyse: bool = True
    outcomes: tuple[Outcome, ...] = ()
    fields: tuple[Wanted, ...] = ()
    instruction: str = ""

    def outcome(self, name: str) -> Outcome | None:
        return next((each for each in self.outcomes if each.name == name), None)


def read_after_call(content: Mapping[str, Any]) -> AfterCall:
    """Of a draft's or a version's content. One published before there were such settings has the default ones."""
    value = content.get(AFTER_CALL.name) or default_after_call()
    return AfterCall(
        analyse=bool(value.get("analyse", True)),
        outcomes=tuple(
            Outcome(row["name"], row.get("description", ""), bool(row.get("solved")), tuple(row.get("steps", ())))
            for row in _rows(value, "outcomes")
            if row.get("name")
        ),
        fields=tuple(
            Wanted(
                row["name"],
                cast(WantedKind, row.get("kind", "text")),
                row.get("description", ""),
                tuple(row.get("choices", ())),
            )
            for row in _rows(value, "fields")
            if row.get("name")
        ),
        instruction=str(value.get("instruction", "")),
    )


def readable_after_call(value: Mapping[str, Any]) -> list[str]:
    """The lines a person compares."""
    settings = read_after_call({AFTER_CALL.name: value})
    lines = [f"{ANALYSE.label}: {_('on') if settings.analyse else _('off')}"]
    for outcome in settings.outcomes:
        extra = [outcome.description, _("solved") if outcome.solved else "", ", ".join(outcome.steps)]
        lines.append(" · ".join([f"{OUTCOMES.item}: {outcome.name}", *filter(None, extra)]))
    for wanted in settings.fields:
        extra = [wanted.description, ", ".join(wanted.choices)]
        lines.append(" · ".join([f"{FIELDS.item}: {wanted.name} ({wanted.kind})", *filter(None, extra)]))
    return [*lines, *settings.instruction.splitlines()]


def _rows(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = value.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
