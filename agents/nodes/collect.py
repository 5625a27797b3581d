"""Collect: ask for one thing until it is known."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import CONDITION, JUDGED, NEXT, NO_MATCH, SILENCE
from agents.nodes.slots import SLOT_FIELDS, judge_slot, slot_of
from inference.nodes import CollectNode


def compile_collect(node: str, values: Values) -> CollectNode:
    return CollectNode(id=node, slot=slot_of(values))


COLLECT = NodeKind(
    kind="collect",
    label=_("Collect"),
    summary=_("Asks for one thing: a name, a day, a number."),
    docs=_(
        "Asks, understands the answer by rules, checks it and keeps it in a variable. “Next Tuesday” becomes a day, “half past "
        "three” a time. What is not understood is asked again; after the last attempt the path “Not understood” is taken. When "
        "the caller asks something else meanwhile, it is answered, and the question comes back."
    ),
    group="ask",
    icon="edit_square",
    fields=SLOT_FIELDS,
    ports=(CONDITION, JUDGED, NO_MATCH, SILENCE, NEXT),
    writes=lambda values: [(values["variable"], "slot")],
    judge=judge_slot,
    listens=lambda values: True,
    compile=compile_collect,
)
