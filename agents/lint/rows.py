"""Condition rows, of edges and of global nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from django.utils.translation import gettext as _

from agents.edges import ROW_FIELDS, WITHOUT_VALUE
from agents.graph import Row


def row_problems(rows: Sequence[Row], names: Set[str]) -> Iterator[tuple[str, str, str]]:
    """(path, code, message) of everything that is wrong."""
    for number, row in enumerate(rows):
        for field in ROW_FIELDS:
            for code, message in field.check(getattr(row, field.name)):
                yield f"rows.{number}.{field.name}", code, message
        if row.variable and row.variable not in names:
            message = _("There is no variable “%(name)s”. Choose one from the list, or find it out before.")
            yield f"rows.{number}.variable", "variable_unknown", message % {"name": row.variable[:40]}
        if not row.value.strip() and row.operator not in WITHOUT_VALUE:
            message = _("Say what it is compared with, or choose “is not known”.")
            yield f"rows.{number}.value", "required", message
