"""Send: a message to the caller, over another channel."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Option, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import SAYING
from agents.nodes.ports import FAILURE, SUCCESS
from inference.nodes import SendNode


def compile_send(node: str, values: Values) -> SendNode:
    return SendNode(
        id=node,
        text=values["text"].strip(),
        channel=cast(Any, values["channel"]),
        to=values["to"].strip(),
        saying=values["saying"].strip(),
    )


SEND = NodeKind(
    kind="send",
    label=_("Send message"),
    summary=_("Sends a text message, a WhatsApp message or an e-mail."),
    docs=_(
        "For confirmations: “Your appointment: {{day}} at {{time}}.” Without an address it goes to the one the caller is known "
        "by. “Failed” is taken when it could not be handed over, as long as no such channel is connected."
    ),
    group="do",
    icon="send",
    fields=(
        ChoiceField(
            name="channel",
            label=_("By"),
            help=_("How it is sent."),
            default="sms",
            options=(
                Option("sms", _("Text message")),
                Option("whatsapp", _("WhatsApp")),
                Option("email", _("E-mail")),
                Option("same", _("The channel of this conversation")),
            ),
        ),
        TextField(
            name="text",
            label=_("Message"),
            help=_("{{name}} stands for a variable."),
            max_length=2_000,
            multiline=True,
            template=True,
            required=True,
        ),
        TextField(
            name="to",
            label=_("To"),
            help=_("Empty: the caller's own number or address."),
            max_length=200,
            template=True,
            advanced=True,
        ),
        SAYING,
    ),
    ports=(SUCCESS, FAILURE),
    compile=compile_send,
)
