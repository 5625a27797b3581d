"""What changed between two drafts, field by field and line by line, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from agents.after_call import AFTER_CALL, readable_after_call
from agents.diff_flow import EdgeChange, FlowDiff, GraphChange, NodeChange, compare_flows
from agents.fields import Field, Label
from agents.flow_field import FLOW
from agents.line_diff import Line, Mark, Piece, compare_lines
from agents.models.draft import OLDER
from agents.schema import DRAFT_FIELDS

__all__ = ["FieldChange", "Line", "Piece", "compare_drafts", "compare_lines", "readable_lines"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    label: Label
    lines: tuple[Line, ...]

    @property
    def added(self) -> int:
        return sum(line.mark == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.mark == "removed" for line in self.lines)


def compare_drafts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The fields whose value differs, in the order of the form."""
    changes = []
    for name, field in DRAFT_FIELDS.items():
        old, new = before.get(name, OLDER.get(name)), after.get(name, OLDER.get(name))
        if name == FLOW.name:
            if lines := flow_lines(compare_flows(old, new)):
                changes.append(FieldChange(name, field.label, tuple(lines)))
        elif old != new:
            lines = compare_lines(readable_lines(field, old), readable_lines(field, new))
            changes.append(FieldChange(name, field.label, tuple(lines)))
    return changes


def readable_lines(field: Field, value: Any) -> list[str]:
    """A value as the lines a person reads: a list has one entry a line, a switch says on or off."""
    if value is None or value == "":
        return []
    if field.name == AFTER_CALL.name and isinstance(value, Mapping):
        return readable_after_call(value)
    if isinstance(value, bool):
        return [_("on") if value else _("off")]
    if isinstance(value, list):
        return [
            " → ".join(str(cell) for cell in row.values()) if isinstance(row, Mapping) else str(row) for row in value
        ]
    if isinstance(value, float):
        return [f"{value:g}"]
    return str(value).splitlines()


def flow_lines(diff: FlowDiff) -> list[Line]:
    """The changes of the canvas: paths and nodes that come or go one a line, a changed node with its changed texts;
    nodes that only moved are counted."""
    lines: list[Line] = []
    for node in diff.nodes:
        if node.change == "changed":
            lines.append(Line("same", (Piece(f"“{node.node.title}”: {'; '.join(node.words)}"),)))
            lines += [line for field in node.fields for line in field.lines]
    changes: list[GraphChange | NodeChange | EdgeChange] = [
        *diff.flows,
        *(node for node in diff.nodes if node.change in ("added", "removed")),
        *diff.edges,
    ]
    for change in changes:
        mark: Mark = "removed" if change.change == "removed" else "added"
        lines.append(Line(mark, (Piece("; ".join(change.words)),)))
    return [*lines, *(Line("added", (Piece(words),)) for words in diff.other)]
