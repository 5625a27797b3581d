"""A kept flow without errors → FlowSpec. Pure; the same flow gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from msgspec.structs import replace

from agents.edges import WITHOUT_VALUE
from agents.graph import Entry, Flow, Graph, Row
from inference.nodes import (
    CallNode,
    Condition,
    Edge,
    FlowSpec,
    Global,
    GoalNode,
    Node,
    Operator,
    Subflow,
    ToolSpec,
)


def compile_flow(flow: Flow, tools: Mapping[str, ToolSpec]) -> FlowSpec:
    """`tools`: the workspace's, by name; those that a node uses go into the spec."""
    main = _knowing(compile_nodes(flow.main), tools)
    inner = tuple(
        Subflow(graph.id, graph.start(), _knowing(compile_nodes(graph), tools), compile_edges(graph))
        for graph in flow.subflows
    )
    used = sorted(
        {name for nodes in (main, *(graph.nodes for graph in inner)) for node in nodes for name in _tools(node)}
    )
    return FlowSpec(
        start=flow.main.start(),
        nodes=main,
        edges=compile_edges(flow.main),
        tools=tuple(tools[name] for name in used if name in tools),
        globals=tuple(compile_entry(node.id, node.entry) for node in flow.main.running() if node.entry is not None),
        flows=inner,
        variables=flow.variables,
    )


def compile_nodes(graph: Graph) -> tuple[Node, ...]:
    """The nodes as they stand in the draft, without notes."""
    return tuple(
        node.known.compile(node.id, node.known.whole(node.values))
        for node in graph.running()
        if node.known.compile is not None
    )


def _knowing(nodes: tuple[Node, ...], tools: Mapping[str, ToolSpec]) -> tuple[Node, ...]:
    """A tool node lasts if its tool does: what a tool is stands with the workspace, not in the draft."""
    return tuple(
        replace(node, changes=True)
        if isinstance(node, CallNode) and node.tool in tools and tools[node.tool].changes
        else node
        for node in nodes
    )


def compile_edges(graph: Graph) -> tuple[Edge, ...]:
    ports = graph.ports()
    return tuple(
        Edge(
            source=edge.source,
            target=edge.target,
            kind=port.kind,
            id=edge.id,
            label=" ".join(edge.label.split()) if port.kind == "judged" else "",
            event=port.event,
            match=edge.match,
            rows=compile_rows(edge.rows) if port.kind == "condition" else (),
            priority=edge.priority,
        )
        for edge in graph.edges
        if (port := ports.get((edge.source, edge.port))) is not None
    )


def compile_entry(node: str, entry: Entry) -> Global:
    label = " ".join(entry.label.split())
    return Global(node, label, entry.match, compile_rows(entry.rows), entry.returns)


def compile_rows(rows: tuple[Row, ...]) -> tuple[Condition, ...]:
    return tuple(
        Condition(row.variable, cast(Operator, row.operator), "" if row.operator in WITHOUT_VALUE else row.value)
        for row in rows
    )


def _tools(node: Node) -> tuple[str, ...]:
    match node:
        case GoalNode():
            return node.tools
        case CallNode():
            return (node.tool,)
    return ()
