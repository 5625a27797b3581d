"""Flows as a draft keeps them: `flow_of([node("say", "a", text="Hi.")], [edge("start", "a")])`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.flow_field import FLOW


def node(
    kind: str, node_id: str = "", /, *, title: str = "", entry: dict[str, Any] | None = None, **values: Any
) -> dict[str, Any]:
    """A node; its id is its kind when none is given."""
    return {"id": node_id or kind, "kind": kind, "name": title, "x": 0, "y": 0, "values": values, "global": entry}


def edge(source: str, target: str, port: str = "next", **more: Any) -> dict[str, Any]:
    edge_id = f"{source}-{port}-{target}".translate(str.maketrans({":": "_", " ": "_"}))[:40]
    return {"id": edge_id, "source": source, "port": port, "target": target, **more}


def flow_of(
    nodes: Sequence[dict[str, Any]] = (),
    edges: Sequence[dict[str, Any]] = (),
    *,
    flows: Sequence[dict[str, Any]] = (),
    variables: Sequence[dict[str, str]] = (),
    start: bool = True,
) -> dict[str, Any]:
    """A whole flow, kept as a draft keeps it. A start node is added in front."""
    first = [node("start")] if start else []
    flow: dict[str, Any] = {
        "schema": 1,
        "nodes": [*first, *nodes],
        "edges": list(edges),
        "flows": list(flows),
        "variables": list(variables),
    }
    kept: dict[str, Any] = FLOW.store(flow).value
    return kept


def simple_flow(text: str = "We open at nine.") -> dict[str, Any]:
    """start → say → end: nothing is wrong with it."""
    return flow_of([node("say", text=text), node("end")], [edge("start", "say"), edge("say", "end")])
