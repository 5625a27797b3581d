"""Goal: the model talks towards a goal until a path leaves. The one node of a plain agent."""

from __future__ import annotations

from typing import cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, NumberField, Option, PicksField, SwitchField, TextField, When
from agents.nodes.base import NodeKind, Values
from agents.nodes.common import KEYS
from agents.nodes.ports import CONDITION, JUDGED, SILENCE, Port
from agents.nodes.ports import KEYS as KEY_PORTS
from inference.nodes import Expects, GoalNode


def compile_goal(node: str, values: Values) -> GoalNode:
    return GoalNode(
        id=node,
        prompt=values["prompt"].strip(),
        tools=tuple(values["tools"]),
        expects=cast(Expects, values["expects"]),
        speaks_first=values["speaks_first"],
        max_turns=int(values["max_turns"]),
    )


GOAL = NodeKind(
    kind="goal",
    label=_("Goal"),
    summary=_("The model talks towards a goal."),
    docs=_(
        "Write what is to be achieved here and the facts it needs, one to a line. Short plain sentences work best: “Open on "
        "Saturday from 9 am to 1 pm.” The persona and the agent's instructions are known everywhere; this text only while the "
        "conversation is here. Paths lead on: a condition, a telephone key, or in words what the caller wants."
    ),
    group="talk",
    icon="target",
    fields=(
        TextField(
            name="prompt",
            label=_("Goal"),
            help=_("What is to be achieved here, and every fact it needs that the agent's instructions do not say."),
            max_length=6_000,
            multiline=True,
            counts_tokens=True,
            template=True,
        ),
        SwitchField(
            name="speaks_first",
            label=_("Speaks first"),
            help=_("The agent says something when the conversation comes here; off: it waits for the caller."),
        ),
        PicksField(
            name="tools",
            label=_("Tools"),
            help=_("What the model may look up or do on its own here."),
            source="tools",
            max_items=8,
        ),
        NumberField(
            name="max_turns",
            label=_("Longest stay"),
            help=_("After so many answers of the caller the path “Took too long” is taken; 0: as many as it takes."),
            minimum=0,
            maximum=100,
            whole=True,
            default=0,
            unit=_("turns"),
            advanced=True,
        ),
        ChoiceField(
            name="expects",
            label=_("The caller will say"),
            help=_("How patient to be: people who spell or tell a story make longer pauses."),
            advanced=True,
            default="any",
            options=(
                Option("any", _("Anything")),
                Option("free", _("A story, at length")),
                Option("yes_no", _("Yes or no")),
                Option("number", _("A number")),
                Option("phone", _("A telephone number")),
                Option("email", _("An e-mail address")),
                Option("spelling", _("Something spelt")),
                Option("name", _("A name")),
                Option("date", _("A day or a time")),
            ),
        ),
        KEYS,
    ),
    ports=(
        JUDGED,
        CONDITION,
        KEY_PORTS,
        SILENCE,
        Port(
            name="max_turns",
            label=_("Took too long"),
            kind="event",
            event="max_turns",
            required=True,
            when=When("max_turns", tuple(range(1, 101))),
        ),
    ),
    listens=lambda values: True,
    rests=True,
    compile=compile_goal,
)
