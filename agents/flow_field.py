"""The flow as one value of a draft: what may be kept. What is wrong with a kept flow is `agents.flow_problems`' to say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from agents.edges import EDGE_LABEL, ENTRY_FIELDS, MAX_ROWS, PRIORITY_LIMIT, ROW_FIELDS
from agents.fields import Field, Finding, Label, Refused, Stored, TextField, store_values
from agents.fields.base import STORE_ITEMS
from agents.graph import FLOW_SCHEMA, read_flow
from agents.nodes.registry import KINDS, node_kind

MAX_NODES = 500
MAX_EDGES = 2_000
MAX_FLOWS = 50
MAX_VARIABLES = 100
FAR = 1e6
"""Nodes stand no farther from the middle of the canvas."""

FLOW_KEYS = frozenset({"schema", "nodes", "edges", "flows", "variables"})
GRAPH_KEYS = frozenset({"id", "name", "nodes", "edges"})
NODE_KEYS = frozenset({"id", "kind", "name", "x", "y", "values", "global"})
EDGE_KEYS = frozenset({"id", "source", "port", "target", "kind", "label", "event", "match", "rows", "priority"})
ENTRY_KEYS = frozenset({"label", "match", "rows", "returns"})
VARIABLE_KEYS = frozenset({"name", "value"})

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
NODE_NAME = TextField(name="name", label="name", max_length=80)
VARIABLE_VALUE = TextField(name="value", label="value", max_length=1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowField(Field):
    """`{}` for a plain agent, otherwise a flow as docs/builder-data.md describes it."""

    widget: ClassVar[str] = "flow"

    def store(self, value: object) -> Stored:
        if value is None or value == {}:
            return Stored({})
        kept = _Keeper(self.label)
        return Stored(kept.flow(value), kept.dropped)

    def check(self, value: Any) -> Iterator[Finding]:
        if not isinstance(value, Mapping):
            yield "not_an_object", _("%(field)s is damaged.") % {"field": self.label}

    def blank(self) -> dict[str, Any]:
        return {}

    def schema(self) -> dict[str, Any]:
        return {"type": "object"}


@dataclass(slots=True)
class _Keeper:
    """Copies a flow key by key, so that nothing is kept which nobody knows."""

    label: Label
    dropped: int = 0
    ids: set[str] = field(default_factory=set)
    edge_ids: set[str] = field(default_factory=set)
    nodes: int = 0
    edges: int = 0

    def flow(self, value: object) -> dict[str, Any]:
        data = self.keys(value, FLOW_KEYS, "")
        if data.get("schema", FLOW_SCHEMA) != FLOW_SCHEMA:
            raise Refused(
                "schema_unknown", _("This flow was made by a newer Parley. Update this server first."), "schema"
            )
        kept = {
            "schema": FLOW_SCHEMA,
            **self.graph(data, ""),
            "flows": self.items(data.get("flows", []), "flows", MAX_FLOWS, self.subflow),
            "variables": self.items(data.get("variables", []), "variables", MAX_VARIABLES, self.variable),
        }
        _set_kinds(kept)
        return kept

    def subflow(self, value: object, path: str) -> dict[str, Any]:
        data = self.keys(value, GRAPH_KEYS, path)
        flow = self.identity(data.get("id"), path, self.ids)
        return {
            "id": flow,
            "name": self.text(NODE_NAME, data.get("name", ""), f"{path}.name"),
            **self.graph(data, path),
        }

    def graph(self, data: Mapping[str, Any], path: str) -> dict[str, Any]:
        start = f"{path}." if path else ""
        nodes = self.items(data.get("nodes", []), f"{start}nodes", MAX_NODES, self.node)
        edges = self.items(data.get("edges", []), f"{start}edges", MAX_EDGES, self.edge)
        self.nodes += len(nodes)
        self.edges += len(edges)
        if self.nodes > MAX_NODES or self.edges > MAX_EDGES:
            raise Refused(
                "flow_too_large",
                _("A flow has at most %(nodes)d nodes and %(edges)d paths. Make two agents of it, with a hand-off.")
                % {"nodes": MAX_NODES, "edges": MAX_EDGES},
            )
        return {"nodes": nodes, "edges": edges}

    def node(self, value: object, path: str) -> dict[str, Any]:
        data = self.keys(value, NODE_KEYS, path)
        kind = data.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise Refused("kind_unknown", _("There is no node kind “%(kind)s”.") % {"kind": str(kind)[:40]}, path)
        try:
            values = node_kind(kind).store(data.get("values", {}))
        except Refused as refused:
            raise Refused(refused.code, refused.message, f"{path}.values.{refused.path}") from refused
        self.dropped += values.dropped
        return {
            "id": self.identity(data.get("id"), path, self.ids),
            "kind": kind,
            "name": self.text(NODE_NAME, data.get("name", ""), f"{path}.name"),
            "x": _place(data.get("x", 0), f"{path}.x"),
            "y": _place(data.get("y", 0), f"{path}.y"),
            "values": values.value,
            "global": self.entry(data.get("global"), f"{path}.global"),
        }

    def entry(self, value: object, path: str) -> dict[str, Any] | None:
        if value is None:
            return None
        data = self.keys(value, ENTRY_KEYS, path)
        returns = data.get("returns", True)
        if not isinstance(returns, bool):
            raise Refused("not_a_switch", _("%(field)s must be true or false.") % {"field": "returns"}, path)
        label = self.text(ENTRY_FIELDS[0], data.get("label", ""), f"{path}.label")
        return {"label": label, **self.conditions(data, path), "returns": returns}

    def edge(self, value: object, path: str) -> dict[str, Any]:
        """`kind` and `event` follow from the port: `_set_kinds` writes them."""
        data = self.keys(value, EDGE_KEYS, path)
        priority = data.get("priority", 0)
        if isinstance(priority, bool) or not isinstance(priority, int) or abs(priority) > PRIORITY_LIMIT:
            raise Refused("not_whole", _("%(field)s must be a whole number.") % {"field": "priority"}, path)
        port = data.get("port")
        if not isinstance(port, str) or len(port) > 200:
            raise Refused("not_text", _("%(field)s must be text.") % {"field": "port"}, f"{path}.port")
        return {
            "id": self.identity(data.get("id"), path, self.edge_ids),
            "source": self.identity(data.get("source"), f"{path}.source"),
            "port": self.text(NODE_NAME, port, f"{path}.port"),
            "target": self.identity(data.get("target"), f"{path}.target"),
            "kind": "else",
            "label": self.text(EDGE_LABEL, data.get("label", ""), f"{path}.label"),
            "event": "",
            **self.conditions(data, path),
            "priority": priority,
        }

    def conditions(self, data: Mapping[str, Any], path: str) -> dict[str, Any]:
        match = data.get("match", "all")
        if match not in ("all", "any"):
            raise Refused("unknown_choice", _("Choose %(field)s from the list.") % {"field": "match"}, f"{path}.match")
        return {"match": match, "rows": self.items(data.get("rows", []), f"{path}.rows", MAX_ROWS, self.row)}

    def row(self, value: object, path: str) -> dict[str, Any]:
        try:
            stored = store_values(ROW_FIELDS, value, self.label)
        except Refused as refused:
            raise Refused(refused.code, refused.message, f"{path}.{refused.path}") from refused
        self.dropped += stored.dropped
        return {row.name: stored.value.get(row.name, row.blank()) for row in ROW_FIELDS}

    def variable(self, value: object, path: str) -> dict[str, Any]:
        data = self.keys(value, VARIABLE_KEYS, path)
        return {
            "name": self.text(ROW_FIELDS[0], data.get("name", ""), f"{path}.name"),
            "value": self.text(VARIABLE_VALUE, data.get("value", ""), f"{path}.value"),
        }

    def keys(self, value: object, known: frozenset[str], path: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise Refused("not_an_object", _("%(field)s is damaged.") % {"field": self.label}, path)
        for name in value:
            if name not in known:
                message = _("There is no field “%(name)s” here.") % {"name": str(name)[:40]}
                raise Refused("field_unknown", message, f"{path}.{name}"[:200])
        return value

    def items(
        self, value: object, path: str, limit: int, keep: Callable[[object, str], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise Refused("not_a_list", _("%(field)s must be a list.") % {"field": self.label}, path)
        if len(value) > min(limit, STORE_ITEMS * 2):
            raise Refused(
                "flow_too_large",
                _("%(field)s holds %(count)d entries; at most %(limit)d are allowed.")
                % {"field": path, "count": len(value), "limit": limit},
                path,
            )
        return [keep(item, f"{path}.{number}") for number, item in enumerate(value)]

    def text(self, kind: Field, value: object, path: str) -> str:
        try:
            stored = kind.store(value)
        except Refused as refused:
            raise Refused(refused.code, refused.message, path) from refused
        self.dropped += stored.dropped
        return str(stored.value)

    def identity(self, value: object, path: str, taken: set[str] | None = None) -> str:
        """Raises Refused for anything but an id, and for one that is in `taken`; else it is put there."""
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise Refused("bad_id", _("An id has 1 to 40 of the signs A-Z, a-z, 0-9, _ and -."), path)
        if taken is not None:
            if value in taken:
                raise Refused("id_repeated", _("The id “%(id)s” is there twice.") % {"id": value}, path)
            taken.add(value)
        return value


def _place(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused("not_a_number", _("%(field)s must be a number.") % {"field": path}, path)
    rounded = round(max(-FAR, min(FAR, float(value))), 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _set_kinds(flow: dict[str, Any]) -> None:
    """The kind and the event of every edge, from the port it leaves; of an unknown port they stay as they are."""
    for data, graph in zip((flow, *flow["flows"]), read_flow(flow).graphs(), strict=True):
        ports = graph.ports()
        for edge in data["edges"]:
            port = ports.get((edge["source"], edge["port"]))
            if port is not None:
                edge["kind"], edge["event"] = port.kind, port.event


FLOW = FlowField(
    name="flow",
    label=_lazy("Flow"),
    help=_lazy("The nodes of the canvas and the paths between them; without any, the agent talks by its instructions."),
)
