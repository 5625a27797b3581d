"""Set: give variables values."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import RowsField, TextField, VariableField
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import pairs
from agents.nodes.ports import CONDITION, NEXT
from inference.nodes import SetNode


def compile_set(node: str, values: Values) -> SetNode:
    return SetNode(id=node, values=pairs(values["values"], "variable", "value"))


SET = NodeKind(
    kind="set",
    label=_("Set"),
    summary=_("Gives variables values."),
    docs=_(
        "The value is a text that may hold other variables: {{first_name}} {{last_name}}. Nothing is calculated. An empty value "
        "forgets what the variable held."
    ),
    group="do",
    icon="edit_note",
    fields=(
        RowsField(
            name="values",
            label=_("Values"),
            help=_("Set one after the other."),
            max_items=40,
            required=True,
            columns=(
                VariableField(name="variable", label=_("Variable"), required=True),
                TextField(name="value", label=_("Value"), max_length=2_000, template=True),
            ),
        ),
    ),
    ports=(CONDITION, NEXT),
    writes=lambda values: [(row.get("variable", ""), "set") for row in values["values"]],
    compile=compile_set,
)
