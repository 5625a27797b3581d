"""Move: the conversation goes on in messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Option, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import SAYING
from agents.nodes.ports import FAILURE, SUCCESS, Port
from inference.nodes import MoveNode

MESSAGING = (Option("sms", _("Text message")), Option("whatsapp", "WhatsApp"))


def compile_move(node: str, values: Values) -> MoveNode:
    return MoveNode(
        id=node,
        text=values["text"].strip(),
        channel=cast(Any, values["channel"]),
        ask=values["ask"].strip(),
        to=values["to"].strip(),
        saying=values["saying"].strip(),
        goodbye=values["goodbye"].strip(),
    )


MOVE = NodeKind(
    kind="move",
    label=_("Move channel"),
    summary=_("Goes on by text message or WhatsApp."),
    docs=_(
        "“Shall I send you the link?” After a yes the message is sent, the agent says goodbye and the call ends; the "
        "conversation does not. It waits at the next node until the person answers the message, or calls again. “Declined” is "
        "taken without a clear yes, “Failed” when nothing could be sent."
    ),
    group="leave",
    icon="move_up",
    fields=(
        ChoiceField(name="channel", label=_("To"), help=_("Where it goes on."), default="sms", options=MESSAGING),
        TextField(
            name="text",
            label=_("Message"),
            help=_("The first message there. {{name}} stands for a variable."),
            max_length=2_000,
            multiline=True,
            template=True,
            required=True,
        ),
        TextField(
            name="ask",
            label=_("Ask before"),
            help=_("Answered by yes or no. Empty: it is sent without asking."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
            default="Shall I send you a text message, so that we can go on there?",
        ),
        TextField(
            name="goodbye",
            label=_("Say goodbye"),
            help=_("Said when the message is sent, before the call ends. Empty: a short sentence."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
        ),
        TextField(
            name="to",
            label=_("Number"),
            help=_("Empty: the caller's own number."),
            max_length=200,
            template=True,
            advanced=True,
        ),
        SAYING,
    ),
    ports=(
        replace(SUCCESS, label=_("Goes on there")),
        Port(name="declined", label=_("Declined"), kind="event", event="declined", required=True),
        FAILURE,
    ),
    listens=lambda values: bool(values["ask"].strip()),
    compile=compile_move,
)
