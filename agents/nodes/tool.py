"""Tool: run one of the workspace's tools."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import ArgumentsField, ChoiceField, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import RESULTS, SAYING, TIMEOUT, pairs
from agents.nodes.ports import FAILURE, SUCCESS
from inference.nodes import CallNode


def compile_tool(node: str, values: Values) -> CallNode:
    return CallNode(
        id=node,
        tool=values["tool"],
        arguments=pairs(values["arguments"], "name", "value"),
        saying=values["saying"].strip(),
        results=pairs(values["results"], "variable", "path"),
        seconds=float(values["timeout"]),
    )


TOOL = NodeKind(
    kind="tool",
    label=_("Tool"),
    summary=_("Runs one of the workspace's tools."),
    docs=_(
        "Calls a tool with the values given here and keeps parts of its answer in variables. “Failed” is taken when it answers "
        "with an error or not in time: say there what happens instead."
    ),
    group="do",
    icon="build",
    fields=(
        ChoiceField(
            name="tool", label=_("Tool"), help=_("Made under Tools."), source="tools", required=True, max_length=64
        ),
        ArgumentsField(
            name="arguments",
            label=_("With"),
            help=_("One row for each parameter; {{name}} stands for a variable."),
            of="tool",
            max_items=30,
            columns=(
                TextField(name="name", label=_("Parameter"), max_length=64, required=True),
                TextField(name="value", label=_("Value"), max_length=2_000, template=True),
            ),
        ),
        SAYING,
        RESULTS,
        TIMEOUT,
    ),
    ports=(SUCCESS, FAILURE),
    writes=lambda values: [(row.get("variable", ""), "result") for row in values["results"]],
    compile=compile_tool,
)
