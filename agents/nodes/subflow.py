"""Sub-flow: walk a flow of its own, then go on."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, RowsField, TextField, VariableField
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import pairs
from agents.nodes.ports import CONDITION, NEXT
from inference.nodes import SubflowNode


def compile_subflow(node: str, values: Values) -> SubflowNode:
    return SubflowNode(
        id=node,
        flow=values["flow"],
        inputs=pairs(values["inputs"], "variable", "value"),
        outputs=pairs(values["outputs"], "variable", "inside"),
    )


SUBFLOW = NodeKind(
    kind="subflow",
    label=_("Sub-flow"),
    summary=_("Walks another flow of this agent, then goes on."),
    docs=_(
        "For what is needed in several places, or to keep a large flow readable. It can read what is known outside; what "
        "it finds out itself comes out by name. A path in it that ends comes back here; an End node "
        "in it ends the conversation."
    ),
    group="decide",
    icon="account_tree",
    fields=(
        ChoiceField(
            name="flow",
            label=_("Sub-flow"),
            help=_("Made on its own canvas."),
            source="flows",
            required=True,
            max_length=40,
        ),
        RowsField(
            name="inputs",
            label=_("Give in"),
            help=_("Variables inside, and what they begin with."),
            max_items=40,
            columns=(
                VariableField(name="variable", label=_("Inside"), required=True),
                TextField(name="value", label=_("Value"), max_length=1_000, template=True),
            ),
        ),
        RowsField(
            name="outputs",
            label=_("Keep"),
            help=_("Variables here, and which of those inside they take."),
            max_items=40,
            columns=(
                VariableField(name="variable", label=_("Here"), required=True),
                VariableField(name="inside", label=_("Inside"), required=True),
            ),
        ),
    ),
    ports=(CONDITION, NEXT),
    writes=lambda values: [(row.get("variable", ""), "set") for row in values["outputs"]],
    compile=compile_subflow,
)
