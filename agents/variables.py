"""Which variables a flow has, where they come from, and which are secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _

from agents.fields import Label
from agents.graph import Flow, Graph, NodeRow
from inference.nodes import VERIFIED

VariableKind = Literal["fact", "flow", "slot", "set", "result"]

FACTS: dict[str, Label] = {
    "said": _("what the caller said last"),
    "caller": _("the caller's number or address"),
    VERIFIED: _("whether the caller has proved who they are: yes or no"),
    "channel": _("the channel, such as voice or chat"),
    "date": _("today's date"),
}
"""What every conversation brings along."""
REMEMBERED = "known_"
"""Before the name of what an earlier conversation found out: {{known_name}}."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`node` gives it its value; "" for facts and the flow's own list."""

    name: str
    kind: VariableKind
    node: str = ""
    label: str = ""

    def describe(self) -> dict[str, str]:
        return {"name": self.name, "label": self.label or self.name, "node": self.node, "kind": self.kind}


def variables_of(flow: Flow) -> list[Variable]:
    """Every variable once, by where it first gets a value: facts, the flow's list, then nodes in order."""
    found: dict[str, Variable] = {}
    for name, label in FACTS.items():
        found[name] = Variable(name, "fact", label=str(label))
    for name, _value in flow.variables:
        found.setdefault(name, Variable(name, "flow"))
    for graph in flow.graphs():
        for node in graph.running():
            for name, kind in node.known.writes(node.known.whole(node.values)):
                found.setdefault(name, Variable(name, kind, node.id))
            for name in _inputs(node):
                found.setdefault(name, Variable(name, "set", node.id))
    return [variable for name, variable in found.items() if name]


def written_in(graph: Graph) -> set[str]:
    """Variables that a node of this graph gives a value."""
    return {
        name for node in graph.running() for name, _kind in node.known.writes(node.known.whole(node.values)) if name
    }


def readable_in(flow: Flow, graph: Graph) -> set[str]:
    """Variables that have a meaning in texts and conditions of this graph: a sub-flow can read what outer ones know."""
    names = set(FACTS) | {name for name, _value in flow.variables} | written_in(flow.main) | written_in(graph)
    names |= {f"{REMEMBERED}{name}" for each in flow.graphs() for name in {*written_in(each), "name"}}
    if not graph.id:
        return names
    for outer in flow.graphs():
        for node in outer.running():
            if node.kind == "subflow":
                names |= set(_inputs(node)) if node.values.get("flow") == graph.id else set()
        if calls(outer, graph.id):
            names |= written_in(outer)
    return names


def calls(graph: Graph, flow: str) -> bool:
    """Whether a node of the graph walks that sub-flow."""
    return any(node.kind == "subflow" and node.values.get("flow") == flow for node in graph.nodes)


def masked_in(flow: Flow) -> set[str]:
    """Variables that must never be in a transcript or a prompt."""
    return {
        str(slot.get("variable"))
        for graph in flow.graphs()
        for node in graph.running()
        for slot in _slots(node)
        if slot.get("masked")
    }


def _slots(node: NodeRow) -> Iterator[dict[str, object]]:
    if node.kind == "collect":
        yield dict(node.values)
    slots = node.values.get("slots")
    yield from (slot for slot in (slots if isinstance(slots, list) else ()) if isinstance(slot, dict))


def _inputs(node: NodeRow) -> list[str]:
    """Of a sub-flow node: the variables inside that it fills."""
    rows = node.values.get("inputs") if node.kind == "subflow" else None
    return [row["variable"] for row in rows or () if isinstance(row, dict) and row.get("variable")]
