"""What a node kind is: the form it shows, how it compiles, what the documentation says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.fields import Field, Label
from agents.problems import Problem
from inference.nodes import Node


@dataclass(frozen=True, slots=True)
class NodeKind:
    """`compile(node id, checked values) -> Node`: called only when `check` found no error."""

    kind: str
    label: Label
    summary: Label
    docs: Label
    fields: tuple[Field, ...]
    compile: Callable[[str, Mapping[str, Any]], Node]

    def check(self, node: str, values: Mapping[str, Any]) -> list[Problem]:
        """Every problem of this node's values, tied to the node and the field."""
        return [
            Problem(node, field.name, code, message)
            for field in self.fields
            for code, message in field.check(values.get(field.name))
        ]
