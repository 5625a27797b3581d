"""Hand-off: another agent goes on."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Option, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import FAILURE
from inference.nodes import HandoffNode


def compile_handoff(node: str, values: Values) -> HandoffNode:
    return HandoffNode(
        id=node, agent=values["agent"], text=values["text"].strip(), history=cast(Any, values["history"])
    )


HANDOFF = NodeKind(
    kind="handoff",
    label=_("Hand-off"),
    summary=_("Another agent of this workspace goes on."),
    docs=_(
        "The other agent's live version takes over in the same conversation, with its own voice and flow, and does not come back. "
        "“Failed” is taken when it has no live version."
    ),
    group="leave",
    icon="swap_horiz",
    fields=(
        ChoiceField(
            name="agent", label=_("Agent"), help=_("Who goes on."), source="agents", required=True, max_length=40
        ),
        TextField(
            name="text",
            label=_("Say before"),
            help=_("Said by this agent, word for word."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
        ),
        ChoiceField(
            name="history",
            label=_("It knows"),
            help=_("How much of this conversation the other agent is told."),
            default="full",
            options=(
                Option("full", _("All that was said")),
                Option("summary", _("A summary")),
                Option("none", _("Nothing")),
            ),
            advanced=True,
        ),
    ),
    ports=(FAILURE,),
    leaves=True,
    compile=compile_handoff,
)
