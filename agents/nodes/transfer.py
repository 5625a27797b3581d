"""Transfer: put the caller through to a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Option, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import FAILURE, SUCCESS
from inference.nodes import TransferNode


def compile_transfer(node: str, values: Values) -> TransferNode:
    return TransferNode(
        id=node,
        target=values["target"].strip(),
        text=values["text"].strip(),
        briefing=values["briefing"].strip(),
        mode=cast(Any, values["mode"]),
    )


TRANSFER = NodeKind(
    kind="transfer",
    label=_("Transfer"),
    summary=_("Puts the caller through to a person."),
    docs=_(
        "Says its text, then puts the caller through. “Nobody took it” is taken when that fails, and always where there is "
        "no telephone call: offer there to take a message. As a global node it can be reached from everywhere."
    ),
    group="leave",
    icon="phone_forwarded",
    fields=(
        TextField(
            name="target",
            label=_("To"),
            help=_("A telephone number with its country code, or a name among the people of the telephone channel."),
            max_length=200,
            template=True,
            required=True,
            placeholder="+353 1 234 5678",
        ),
        TextField(
            name="text",
            label=_("Say before"),
            help=_("Said word for word, before the caller is put through."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
            default="One moment, I put you through.",
        ),
        ChoiceField(
            name="mode",
            label=_("How"),
            help=_("Announced: the person is told about the call first and can refuse it."),
            default="cold",
            options=(Option("cold", _("At once")), Option("warm", _("Announced"))),
            advanced=True,
        ),
        TextField(
            name="briefing",
            label=_("Tell the person"),
            help=_("What the person reads or hears about the caller."),
            max_length=1_000,
            multiline=True,
            template=True,
            advanced=True,
        ),
    ),
    ports=(
        replace(SUCCESS, label=_("Put through"), required=False),
        replace(FAILURE, label=_("Nobody took it"), required=True),
    ),
    leaves=True,
    compile=compile_transfer,
)
