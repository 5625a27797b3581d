"""Every node kind: name → dotted path, imported on first use."""

from __future__ import annotations

from functools import cache

from django.utils.module_loading import import_string

from agents.nodes.base import NodeKind

KINDS: dict[str, str] = {
    "start": "agents.nodes.start.START",
    "say": "agents.nodes.say.SAY",
    "goal": "agents.nodes.goal.GOAL",
    "wait": "agents.nodes.wait.WAIT",
    "note": "agents.nodes.note.NOTE",
    "collect": "agents.nodes.collect.COLLECT",
    "form": "agents.nodes.form.FORM",
    "menu": "agents.nodes.menu.MENU",
    "branch": "agents.nodes.branch.BRANCH",
    "split": "agents.nodes.split.SPLIT",
    "subflow": "agents.nodes.subflow.SUBFLOW",
    "set": "agents.nodes.set.SET",
    "extract": "agents.nodes.extract.EXTRACT",
    "http": "agents.nodes.http.HTTP",
    "tool": "agents.nodes.tool.TOOL",
    "knowledge": "agents.nodes.knowledge.KNOWLEDGE",
    "send": "agents.nodes.send.SEND",
    "verify": "agents.nodes.verify.VERIFY",
    "language": "agents.nodes.language.LANGUAGE",
    "move": "agents.nodes.move.MOVE",
    "transfer": "agents.nodes.transfer.TRANSFER",
    "handoff": "agents.nodes.handoff.HANDOFF",
    "end": "agents.nodes.end.END",
}
"""In the order of the palette."""


@cache
def node_kind(kind: str) -> NodeKind:
    """Raises KeyError for a kind that is not registered."""
    found = import_string(KINDS[kind])
    if not isinstance(found, NodeKind):
        raise TypeError(f"{KINDS[kind]} is not a NodeKind")
    return found


def node_kinds() -> list[NodeKind]:
    return [node_kind(kind) for kind in KINDS]
