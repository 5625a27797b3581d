"""A draft's flow as typed rows: what problems, compile, diff and export read.

`read_flow` takes whatever a draft holds and never raises: what is damaged or missing becomes a blank. What may be
kept at all is decided before, by `agents.fields.flow`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from agents.nodes.base import NodeKind
from agents.nodes.ports import Port
from agents.nodes.registry import KINDS, node_kind

FLOW_SCHEMA = 1

PLAIN_START = "start"
PLAIN_GOAL = "goal"

Match = Literal["all", "any"]


@dataclass(frozen=True, slots=True)
class Row:
    variable: str = ""
    operator: str = "is"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a global node is entered."""

    label: str = ""
    match: Match = "all"
    rows: tuple[Row, ...] = ()
    returns: bool = True


@dataclass(frozen=True, slots=True)
class NodeRow:
    id: str
    kind: str
    name: str = ""
    x: float = 0.0
    y: float = 0.0
    values: Mapping[str, Any] = field(default_factory=dict)
    entry: Entry | None = None

    @property
    def known(self) -> NodeKind:
        """Raises KeyError for a kind that is not registered."""
        return node_kind(self.kind)

    @property
    def title(self) -> str:
        """What people call it: its name, or its kind."""
        return self.name or str(self.known.label if self.kind in KINDS else self.kind)


@dataclass(frozen=True, slots=True)
class EdgeRow:
    id: str
    source: str
    port: str
    target: str
    label: str = ""
    match: Match = "all"
    rows: tuple[Row, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """The main flow (`id` empty) or a sub-flow."""

    id: str
    name: str
    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]

    def running(self) -> list[NodeRow]:
        """The nodes that are compiled: no notes, no unknown kinds."""
        return [node for node in self.nodes if node.kind in KINDS and node.known.compile is not None]

    def leaving(self, node: str) -> list[EdgeRow]:
        return [edge for edge in self.edges if edge.source == node]

    def start(self) -> str:
        """The id of the start node; "" when there is none."""
        return next((node.id for node in self.nodes if node.kind == "start"), "")

    def ports(self) -> dict[tuple[str, str], Port]:
        """(node, port name) → port, of every node."""
        return {(node.id, port.name): port for node in self.running() for port in node.known.exits(node.values)}


@dataclass(frozen=True, slots=True)
class Flow:
    main: Graph
    subflows: tuple[Graph, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    def graphs(self) -> Iterator[Graph]:
        yield self.main
        yield from self.subflows

    def node(self, node: str) -> NodeRow | None:
        return next((row for graph in self.graphs() for row in graph.nodes if row.id == node), None)

    def subflow(self, flow: str) -> Graph | None:
        return next((graph for graph in self.subflows if graph.id == flow), None)


def plain_flow() -> dict[str, Any]:
    """What an agent without a flow of its own looks like on the canvas: it talks, by its instructions."""
    return {
        "schema": FLOW_SCHEMA,
        "nodes": [
            {"id": PLAIN_START, "kind": "start", "name": "", "x": 0, "y": 0, "values": {}, "global": None},
            {"id": PLAIN_GOAL, "kind": "goal", "name": "", "x": 376, "y": 0, "values": {}, "global": None},
        ],
        "edges": [
            {
                "id": "first",
                "source": PLAIN_START,
                "port": "next",
                "target": PLAIN_GOAL,
                "kind": "else",
                "label": "",
                "event": "",
                "match": "all",
                "rows": [],
                "priority": 0,
            }
        ],
        "flows": [],
        "variables": [],
    }


def read_flow(flow: object) -> Flow:
    """The rows of a stored flow; of a plain agent those of `plain_flow`."""
    data = _mapping(flow) or plain_flow()
    return Flow(
        main=_graph("", "", data),
        subflows=tuple(
            _graph(_text(item.get("id")), _text(item.get("name")), item) for item in _objects(data.get("flows"))
        ),
        variables=tuple(
            (_text(item.get("name")), _text(item.get("value"))) for item in _objects(data.get("variables"))
        ),
    )


def _graph(flow: str, name: str, data: Mapping[str, Any]) -> Graph:
    return Graph(
        flow,
        name,
        tuple(_node(item) for item in _objects(data.get("nodes"))),
        tuple(_edge(item) for item in _objects(data.get("edges"))),
    )


def _node(data: Mapping[str, Any]) -> NodeRow:
    entry = data.get("global")
    return NodeRow(
        id=_text(data.get("id")),
        kind=_text(data.get("kind")),
        name=_text(data.get("name")),
        x=_number(data.get("x")),
        y=_number(data.get("y")),
        values=_mapping(data.get("values")),
        entry=_entry(entry) if isinstance(entry, Mapping) else None,
    )


def _entry(data: Mapping[str, Any]) -> Entry:
    return Entry(
        label=_text(data.get("label")),
        match=_match(data.get("match")),
        rows=_rows(data.get("rows")),
        returns=data.get("returns", True) is not False,
    )


def _edge(data: Mapping[str, Any]) -> EdgeRow:
    return EdgeRow(
        id=_text(data.get("id")),
        source=_text(data.get("source")),
        port=_text(data.get("port")),
        target=_text(data.get("target")),
        label=_text(data.get("label")),
        match=_match(data.get("match")),
        rows=_rows(data.get("rows")),
        priority=int(_number(data.get("priority"))),
    )


def _rows(value: object) -> tuple[Row, ...]:
    return tuple(
        Row(_text(item.get("variable")), _text(item.get("operator")) or "is", _text(item.get("value")))
        for item in _objects(value)
    )


def _match(value: object) -> Match:
    return "any" if value == "any" else "all"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e9
    return float(cast(float, value)) if usable else 0.0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
