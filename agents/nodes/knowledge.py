"""Knowledge: look something up in the workspace's documents."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from agents.fields import TextField, VariableField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import FAILURE, SUCCESS
from inference.nodes import KnowledgeNode


def compile_knowledge(node: str, values: Values) -> KnowledgeNode:
    return KnowledgeNode(id=node, query=values["query"].strip(), variable=values["variable"])


KNOWLEDGE = NodeKind(
    kind="knowledge",
    label=_("Knowledge"),
    summary=_("Looks something up in your documents."),
    docs=_(
        "Searches for the question and keeps the passages it finds in a variable, which a Goal can answer from. Until documents "
        "are connected it always takes the path “Nothing found”."
    ),
    group="do",
    icon="menu_book",
    fields=(
        TextField(
            name="query",
            label=_("Question"),
            help=_("What to look for. {{said}} stands for what the caller said last."),
            max_length=500,
            multiline=True,
            template=True,
            required=True,
            default="{{said}}",
        ),
        VariableField(
            name="variable",
            label=_("Keep as"),
            help=_("The variable for what was found."),
            required=True,
            default="found",
        ),
    ),
    ports=(replace(SUCCESS, label=_("Found")), replace(FAILURE, label=_("Nothing found"), required=True)),
    writes=lambda values: [(values["variable"], "result")],
    compile=compile_knowledge,
)
