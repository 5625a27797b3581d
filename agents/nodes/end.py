"""End: the conversation is over."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Option, TextField
from agents.nodes.base import NodeKind, Values
from inference.nodes import EndNode


def compile_end(node: str, values: Values) -> EndNode:
    return EndNode(id=node, text=values["text"].strip(), reason=values["reason"])


END = NodeKind(
    kind="end",
    label=_("End"),
    summary=_("Says goodbye and ends the conversation."),
    docs=_("Says its text to the end, then hangs up. The reason stands in the conversation's record."),
    group="leave",
    icon="call_end",
    fields=(
        TextField(
            name="text",
            label=_("Say goodbye"),
            help=_("Said word for word, to the end."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
            default="Thank you for calling. Goodbye.",
        ),
        ChoiceField(
            name="reason",
            label=_("Reason"),
            help=_("How it went, for your lists."),
            default="completed",
            options=(
                Option("completed", _("Done")),
                Option("unresolved", _("Not solved")),
                Option("not_interested", _("Not interested")),
                Option("wrong_number", _("Wrong number")),
                Option("voicemail", _("Answering machine")),
            ),
        ),
    ),
    leaves=True,
    compile=compile_end,
)
