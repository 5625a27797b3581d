"""Form: several things to find out, in whatever order the caller says them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import ListField, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import CONDITION, JUDGED, NEXT, NO_MATCH, SILENCE
from agents.nodes.slots import SLOT_FIELDS, judge_slots, slot_of
from inference.nodes import FormNode


def compile_form(node: str, values: Values) -> FormNode:
    return FormNode(id=node, slots=tuple(slot_of(item) for item in values["slots"]), summary=values["summary"].strip())


FORM = NodeKind(
    kind="form",
    label=_("Form"),
    summary=_("Asks for several things; one sentence may answer many."),
    docs=_(
        "Asks one question after the other and skips what is already known: “Peter Hill, next Tuesday at three” fills three. "
        "“No, Wednesday” corrects what was said before. With a summary everything is read back at the end and asked to be right."
    ),
    group="ask",
    icon="checklist",
    fields=(
        ListField(
            name="slots",
            label=_("Questions"),
            help=_("In the order they are asked."),
            max_items=20,
            required=True,
            title="variable",
            item=_("question"),
            fields=SLOT_FIELDS,
        ),
        TextField(
            name="summary",
            label=_("Summary"),
            help=_("Read back when all is known, and asked to be right. Empty: not asked."),
            max_length=600,
            multiline=True,
            template=True,
            spoken=True,
            placeholder=_("{{name}}, {{day}} at {{time}}. Is that right?"),
        ),
    ),
    ports=(CONDITION, JUDGED, NO_MATCH, SILENCE, NEXT),
    writes=lambda values: [(item.get("variable", ""), "slot") for item in values["slots"]],
    judge=judge_slots,
    listens=lambda values: True,
    compile=compile_form,
)
