"""Extract: take values from what was said, without asking."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import ListField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import CONDITION, NEXT
from agents.nodes.slots import EXTRACT_FIELDS, judge_slots, slot_of
from inference.nodes import ExtractNode


def compile_extract(node: str, values: Values) -> ExtractNode:
    return ExtractNode(id=node, slots=tuple(slot_of(item) for item in values["slots"]))


EXTRACT = NodeKind(
    kind="extract",
    label=_("Extract"),
    summary=_("Takes values from what was said so far."),
    docs=_(
        "The model reads the conversation and fills what it finds; each value is checked like an answer. What was not said stays "
        "empty. It asks nothing: use Collect or Form for that."
    ),
    group="do",
    icon="filter_alt",
    fields=(
        ListField(
            name="slots",
            label=_("Values"),
            help=_("What to look for, and where to keep it."),
            max_items=12,
            required=True,
            title="variable",
            item=_("value"),
            fields=EXTRACT_FIELDS,
        ),
    ),
    ports=(CONDITION, NEXT),
    writes=lambda values: [(item.get("variable", ""), "slot") for item in values["slots"]],
    judge=judge_slots,
    compile=compile_extract,
)
