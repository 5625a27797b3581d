"""Every node kind: name → dotted path, imported on first use."""

from __future__ import annotations

from functools import cache

from django.utils.module_loading import import_string

from agents.nodes.base import NodeKind

KINDS: dict[str, str] = {
    "goal": "agents.nodes.goal.GOAL",
}


@cache
def node_kind(kind: str) -> NodeKind:
    """Raises KeyError for a kind that is not registered."""
    found = import_string(KINDS[kind])
    if not isinstance(found, NodeKind):
        raise TypeError(f"{KINDS[kind]} is not a NodeKind")
    return found


def node_kinds() -> list[NodeKind]:
    return [node_kind(kind) for kind in KINDS]
