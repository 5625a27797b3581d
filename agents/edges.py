"""What edges and the entries of global nodes are filled in with: words, condition rows, how they join."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Field, Label, Option, SwitchField, TextField, VariableField

OPERATORS: dict[str, Label] = {
    "is": _("is"),
    "is_not": _("is not"),
    "contains": _("contains"),
    "not_contains": _("does not contain"),
    "starts_with": _("begins with"),
    "greater": _("is more than"),
    "less": _("is less than"),
    "at_least": _("is at least"),
    "at_most": _("is at most"),
    "is_set": _("is known"),
    "is_empty": _("is not known"),
    "one_of": _("is one of"),
    "not_one_of": _("is none of"),
}
"""`inference.nodes.Operator` in words."""
WITHOUT_VALUE: frozenset[str] = frozenset({"is_set", "is_empty"})

MAX_ROWS = 20
PRIORITY_LIMIT = 10_000

ROW_FIELDS: tuple[Field, ...] = (
    VariableField(name="variable", label=_("Variable"), help=_("Whose value is looked at."), required=True),
    ChoiceField(
        name="operator",
        label=_("Is"),
        help=_("How it is compared."),
        default="is",
        options=tuple(Option(name, label) for name, label in OPERATORS.items()),
    ),
    TextField(
        name="value",
        label=_("Value"),
        help=_("Numbers are compared as numbers. “Is one of”: separated by commas."),
        max_length=300,
    ),
)
EDGE_LABEL = TextField(
    name="label",
    label=_("The caller…"),
    help=_("In words, when this path is taken: “wants to book an appointment”."),
    max_length=200,
)
ENTRY_FIELDS: tuple[Field, ...] = (
    TextField(
        name="label",
        label=_("Entered when the caller…"),
        help=_("In words: “wants to talk to a person”. Empty: only by the conditions."),
        max_length=200,
    ),
    SwitchField(
        name="returns",
        label=_("Goes back"),
        help=_("To where the conversation was, once the path from here ends."),
        default=True,
    ),
)


def describe_operators() -> list[dict[str, Any]]:
    return [
        {"value": name, "label": str(label), "needs_value": name not in WITHOUT_VALUE}
        for name, label in OPERATORS.items()
    ]
