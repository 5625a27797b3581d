"""Fields that several node kinds have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.fields import NumberField, RowsField, TagsField, TextField, VariableField
from inference.nodes import Pair

SAYING = TextField(
    name="saying",
    label=_("Say meanwhile"),
    help=_("Said while it runs, so that the caller does not wait in silence: “One moment, I look that up.”"),
    max_length=300,
    template=True,
    spoken=True,
)
RESULTS = RowsField(
    name="results",
    label=_("Keep from the answer"),
    help=_("Which part of the JSON answer goes into which variable: slots.0.time is the time of the first slot."),
    max_items=40,
    columns=(
        VariableField(name="variable", label=_("Keep as"), required=True),
        TextField(name="path", label=_("Part"), placeholder="slots.0.time", max_length=200),
    ),
)
TIMEOUT = NumberField(
    name="timeout",
    label=_("Wait at most"),
    help=_("Then it counts as failed."),
    minimum=1,
    maximum=30,
    default=8,
    unit=_("seconds"),
    advanced=True,
)
KEYS = TagsField(
    name="keys",
    label=_("Keys with a path of their own"),
    help=_("Telephone keys: each gets an exit."),
    max_items=12,
    max_length=1,
    advanced=True,
)


def pairs(rows: Sequence[Mapping[str, Any]], first: str, second: str) -> tuple[Pair, ...]:
    """Rows as the compiled node holds them; rows without a first value say nothing."""
    return tuple((str(row[first]), str(row[second])) for row in rows if row[first])
