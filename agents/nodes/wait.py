"""Wait: do nothing for a moment."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.fields import NumberField, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import NEXT
from inference.nodes import WaitNode


def compile_wait(node: str, values: Values) -> WaitNode:
    return WaitNode(id=node, seconds=float(values["seconds"]), text=values["text"].strip())


WAIT = NodeKind(
    kind="wait",
    label=_("Wait"),
    summary=_("Waits a moment before going on."),
    docs=_("Says its text, then waits. For the time another system needs, or for the caller to fetch something."),
    group="talk",
    icon="hourglass_empty",
    fields=(
        NumberField(
            name="seconds",
            label=_("How long"),
            help=_("The caller may speak meanwhile."),
            minimum=0.5,
            maximum=30,
            step=0.5,
            default=2,
            unit=_("seconds"),
        ),
        TextField(
            name="text",
            label=_("Say before"),
            help=_("So that nobody waits in silence."),
            max_length=300,
            multiline=True,
            template=True,
            spoken=True,
        ),
    ),
    ports=(NEXT,),
    compile=compile_wait,
)
