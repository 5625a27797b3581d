"""Verify: the caller proves who they are, by a one-time code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, SwitchField, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import SAYING
from agents.nodes.move import MESSAGING
from agents.nodes.ports import FAILURE, SUCCESS
from agents.nodes.slots import ATTEMPTS, RETRY
from inference.nodes import VerifyNode


def compile_verify(node: str, values: Values) -> VerifyNode:
    return VerifyNode(
        id=node,
        ask=values["ask"].strip(),
        channel=cast(Any, values["channel"]),
        to=values["to"].strip(),
        anywhere=values["anywhere"],
        saying=values["saying"].strip(),
        retry=values["retry"].strip(),
        attempts=int(values["attempts"]),
    )


VERIFY = NodeKind(
    kind="verify",
    label=_("Verify"),
    summary=_("Has the caller prove who they are, by a one-time code."),
    docs=_(
        "A caller's number proves nothing: it can be forged. This sends six digits to a number that the caller is known by; "
        "they say or type them. “Proved” sets caller_verified to “yes”, for conditions further on, and is taken at once by "
        "who has proved it already. The digits are in no transcript and no log. Put it before anything private."
    ),
    group="ask",
    icon="verified_user",
    fields=(
        ChoiceField(
            name="channel", label=_("Send it by"), help=_("How the code is sent."), default="sms", options=MESSAGING
        ),
        replace(
            SAYING,
            label=_("Say before"),
            help=_("Said while the code is sent."),
            default="I am sending you a code, to be sure that it is you.",
        ),
        TextField(
            name="ask",
            label=_("Question"),
            help=_("Said when the code is sent, and again when it was wrong."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
            required=True,
            default="Please tell me the six digits, or type them.",
        ),
        RETRY,
        ATTEMPTS,
        TextField(
            name="to",
            label=_("Number"),
            help=_("Empty: the number the caller is known by. Another one is refused, unless it is allowed below."),
            max_length=200,
            template=True,
            advanced=True,
        ),
        SwitchField(
            name="anywhere",
            label=_("A number nobody knows yet"),
            help=_(
                "Lets the code go to a number that the caller has just given. It then proves that number, not the caller: "
                "caller_verified stays “no”."
            ),
            advanced=True,
        ),
    ),
    ports=(
        replace(SUCCESS, label=_("Proved")),
        replace(FAILURE, label=_("Not proved"), required=True),
    ),
    listens=lambda values: True,
    compile=compile_verify,
)
