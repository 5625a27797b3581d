"""What a node kind is: the form it shows, its ports, how it compiles, what the documentation says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from agents.fields import Field, Label, Stored, object_schema, shown, store_values
from agents.nodes.ports import Port
from agents.problems import Problem
from inference.nodes import Node

Group = Literal["talk", "ask", "decide", "do", "leave"]

GROUPS: tuple[tuple[Group, Label], ...] = (
    ("talk", _("Talk")),
    ("ask", _("Ask")),
    ("decide", _("Decide")),
    ("do", _("Do")),
    ("leave", _("Leave")),
)
"""The parts of the palette, in order."""

COLOURS: dict[Group, str] = {"talk": "blue", "ask": "teal", "decide": "amber", "do": "violet", "leave": "rose"}

Written = tuple[str, Literal["slot", "set", "result"]]
"""(variable, how it comes to have a value)."""
Values = Mapping[str, Any]


def _nothing(values: Values) -> list[Written]:
    return []


def _no_problem(node: str, values: Values) -> list[Problem]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKind:
    """`compile(node id, whole values) -> Node`: called only when `check` found no error; None for a note.

    `writes`: the variables it gives values to. `judge`: problems that no field sees alone.
    `listens`: it waits for the caller, so a circle through it is no endless loop. `rests`: a conversation may stay
    there until the caller hangs up. `leaves`: the conversation, or this agent's part in it, ends there.
    """

    kind: str
    label: Label
    summary: Label
    docs: Label
    group: Group
    icon: str
    fields: tuple[Field, ...]
    compile: Callable[[str, Values], Node] | None
    ports: tuple[Port, ...] = ()
    colour: str = ""
    once: bool = False
    may_be_global: bool = True
    writes: Callable[[Values], list[Written]] = _nothing
    judge: Callable[[str, Values], list[Problem]] = _no_problem
    listens: Callable[[Values], bool] = lambda values: False
    rests: bool = False
    leaves: bool = False

    def whole(self, values: Values) -> dict[str, Any]:
        """Every field's value: what is missing counts as the field's blank."""
        return {field.name: values.get(field.name, field.blank()) for field in self.fields}

    def store(self, values: object) -> Stored:
        """Values as the draft keeps them. Raises Refused, with the path."""
        return store_values(self.fields, values, self.label)

    def check(self, node: str, values: Values) -> list[Problem]:
        """Every problem of this node's values, tied to the node and the field."""
        problems = [
            Problem(node, found.path, found.code, found.message)
            for field, value in shown(self.fields, values)
            for found in field.inspect(value)
        ]
        return problems or self.judge(node, self.whole(values))

    def exits(self, values: Values) -> list[Port]:
        """The ports this node has with these values."""
        whole = self.whole(values)
        return [port for pattern in self.ports for port in pattern.expand(whole)]

    def texts(self, values: Values) -> list[tuple[str, str]]:
        """(path, text) of everything that may hold `{{name}}`."""
        return [found for field, value in shown(self.fields, values) for found in field.texts(value)]

    def describe(self) -> dict[str, Any]:
        """The kind as the canvas needs it: docs/builder-data.md."""
        return {
            "kind": self.kind,
            "label": str(self.label),
            "summary": str(self.summary),
            "docs": str(self.docs),
            "group": self.group,
            "icon": self.icon,
            "colour": self.colour or COLOURS[self.group],
            "compiled": self.compile is not None,
            "once": self.once,
            "may_be_global": self.may_be_global,
            "fields": [field.describe() for field in self.fields],
            "ports": [port.describe() for port in self.ports],
            "schema": object_schema(self.fields),
        }
