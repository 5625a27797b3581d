"""Menu: a few choices, said or typed on the telephone."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from agents.fields import TextField, VariableField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import JUDGED, NO_MATCH, SILENCE, Port
from agents.nodes.slots import ATTEMPTS, CHOICES, RETRY, choices_of, judge_choices
from agents.problems import Problem
from inference.nodes import MenuNode


def compile_menu(node: str, values: Values) -> MenuNode:
    return MenuNode(
        id=node,
        text=values["text"].strip(),
        choices=choices_of(values["choices"]),
        variable=values["variable"],
        retry=values["retry"].strip(),
        attempts=int(values["attempts"]),
    )


def judge_menu(node: str, values: Values) -> list[Problem]:
    return judge_choices(node, "choices", values["choices"])


MENU = NodeKind(
    kind="menu",
    label=_("Menu"),
    summary=_("Offers a few choices, by voice or by key."),
    docs=_(
        "Asks, and each choice has its own path. The caller may say the choice, another word for it, its number, or press its "
        "key. Understood by rules, without the model."
    ),
    group="ask",
    icon="list_alt",
    fields=(
        TextField(
            name="text",
            label=_("Question"),
            help=_("Said word for word: “Do you want to book, change or cancel?”"),
            max_length=600,
            multiline=True,
            template=True,
            spoken=True,
            required=True,
        ),
        replace(CHOICES, label=_("Choices"), item=_("choice"), when=None, max_items=12),
        VariableField(name="variable", label=_("Keep as"), help=_("A variable for the choice. Empty: not kept.")),
        RETRY,
        ATTEMPTS,
    ),
    ports=(
        Port(
            name="choice:{}",
            label="{}",
            kind="event",
            event="choice:{}",
            required=True,
            each="choices",
            keys=("value",),
            captions=("label", "value"),
        ),
        JUDGED,
        NO_MATCH,
        SILENCE,
        Port(name="else", label=_("Anything else")),
    ),
    writes=lambda values: [(values["variable"], "slot")] if values["variable"] else [],
    judge=judge_menu,
    listens=lambda values: True,
    compile=compile_menu,
)
