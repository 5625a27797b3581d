"""Goal: the model talks towards a goal until an edge leaves. The one node of a plain agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.fields import TextField
from agents.nodes.base import NodeKind
from inference.nodes import GoalNode

INSTRUCTIONS = TextField(
    name="instructions",
    label=_("Instructions"),
    help=_("The job and every fact it needs, in short plain lines. What is not written here, it does not know."),
    section="goal",
    max_length=12_000,
    multiline=True,
    counts_tokens=True,
    required=True,
)


def compile_goal(node: str, values: Mapping[str, Any]) -> GoalNode:
    """A plain agent's only goal stands in the byte-stable head of the prompt, shared by all its
    calls, so the node adds nothing of its own."""
    return GoalNode(id=node, prompt=str(values.get("prompt", "")))


GOAL = NodeKind(
    kind="goal",
    label=_("Goal"),
    summary=_("The model talks towards a goal."),
    docs=_(
        "Write what the agent is there for, then the facts, one to a line. Short plain sentences work best: "
        "“Open on Saturday from 9 am to 1 pm.” Say what to do when the answer is not among the facts."
    ),
    fields=(INSTRUCTIONS,),
    compile=compile_goal,
)
