"""Say: a text, word for word."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from agents.fields import SwitchField, TextField, When
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import KEYS
from agents.nodes.ports import CONDITION, JUDGED, NEXT, SILENCE
from agents.nodes.ports import KEYS as KEY_PORTS
from inference.nodes import SayNode

WAITING = When("wait", (True,))


def compile_say(node: str, values: Values) -> SayNode:
    return SayNode(id=node, text=values["text"].strip(), wait=values["wait"], interruptible=values["interruptible"])


SAY = NodeKind(
    kind="say",
    label=_("Say"),
    summary=_("Says a text word for word."),
    docs=_(
        "Costs no model time: the words are said as they stand, with {{name}} replaced by what the variable holds. With “Wait for "
        "an answer” it listens afterwards, and the paths decide where what was said leads."
    ),
    group="talk",
    icon="chat_bubble",
    fields=(
        TextField(
            name="text",
            label=_("Text"),
            help=_("Said word for word. {{name}} stands for a variable."),
            max_length=2_000,
            multiline=True,
            template=True,
            spoken=True,
            required=True,
        ),
        SwitchField(name="wait", label=_("Wait for an answer"), help=_("Listen before going on.")),
        SwitchField(
            name="interruptible",
            label=_("May be interrupted"),
            help=_("Off: said to the end, whatever the caller says. For words the law asks for."),
            default=True,
            advanced=True,
        ),
        replace(KEYS, when=WAITING),
    ),
    ports=(
        CONDITION,
        replace(JUDGED, when=WAITING),
        replace(KEY_PORTS, when=WAITING),
        replace(SILENCE, when=WAITING),
        NEXT,
    ),
    listens=lambda values: bool(values["wait"]),
    compile=compile_say,
)
