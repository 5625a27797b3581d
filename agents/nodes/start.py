"""Start: where a flow begins."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import NEXT
from inference.nodes import StartNode


def compile_start(node: str, values: Values) -> StartNode:
    return StartNode(id=node)


START = NodeKind(
    kind="start",
    label=_("Start"),
    summary=_("Where the conversation begins."),
    docs=_(
        "The greeting is said first; then the path from here is walked. Each flow has exactly one start. In a sub-flow it is "
        "where the sub-flow begins."
    ),
    group="talk",
    icon="play_circle",
    colour="slate",
    once=True,
    may_be_global=False,
    fields=(),
    ports=(NEXT,),
    compile=compile_start,
)
