"""Many conversations as a file: CSV that no spreadsheet takes for formulas, or JSON. Streamed, as masked as it is stored."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from django.db.models import F, Func, QuerySet, TextField

from channels_io.campaigns.export import safe_cell
from channels_io.models import Analysis, Conversation, CostLine, FollowUp

CHUNK: Final = 200
MOST_FIELDS: Final = 60
COLUMNS: Final = (
    "conversation", "started_at", "last_at", "agent", "contact", "contact_name", "kind", "status", "outcome", "contained",
    "mood", "summary", "unanswered", "follow_ups_open", "follow_ups_done", "cost",
)  # fmt: skip
FIELD: Final = "field:"
"""Before the name of a field: the heading of its column."""


def export_csv(found: QuerySet[Conversation], currency: str) -> Iterator[str]:
    """Line by line, beginning with a mark that tells spreadsheets it is UTF-8. `cost` is in units of the currency."""
    writer = csv.writer(_Echo())
    fields = field_names(found)
    headings = [f"cost_{currency}" if name == "cost" else name for name in COLUMNS]
    yield "\ufeff" + writer.writerow([safe_cell(name) for name in (*headings, *(f"{FIELD}{name}" for name in fields))])
    for row in export_rows(found):
        flat = [_cell(row[name]) for name in COLUMNS]
        yield writer.writerow(
            [safe_cell(cell) for cell in (*flat, *(_cell(row["fields"].get(name)) for name in fields))]
        )


def export_json(found: QuerySet[Conversation], currency: str) -> Iterator[str]:
    """One array, an object a line."""
    yield "[\n"
    first = True
    for row in export_rows(found):
        yield ("" if first else ",\n") + json.dumps({**row, "currency": currency}, ensure_ascii=False)
        first = False
    yield "\n]\n"


def export_rows(found: QuerySet[Conversation]) -> Iterator[dict[str, Any]]:
    """The newest first; a few queries for each `CHUNK`, whatever their number."""
    ordered = found.select_related("agent", "contact").order_by("-last_at", "-public_id")
    rows = ordered.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        keys = [each.pk for each in chunk]
        analyses = {each.conversation_id: each for each in Analysis.objects.filter(conversation__in=keys)}
        costs: dict[int, int] = defaultdict(int)
        for conversation, cost in CostLine.objects.filter(conversation__in=keys).values_list("conversation", "cost"):
            costs[conversation] += cost
        follow_ups: dict[int, list[FollowUp]] = defaultdict(list)
        for follow_up in FollowUp.objects.filter(conversation__in=keys):
            follow_ups[follow_up.conversation_id].append(follow_up)
        for each in chunk:
            yield _row(each, analyses.get(each.pk), follow_ups[each.pk], costs[each.pk])


def _row(
    conversation: Conversation, analysis: Analysis | None, follow_ups: Iterable[FollowUp], cost: int
) -> dict[str, Any]:
    done = [follow_up.done_at is not None for follow_up in follow_ups]
    return {
        "conversation": conversation.public_id,
        "started_at": conversation.started_at.isoformat(timespec="seconds"),
        "last_at": conversation.last_at.isoformat(timespec="seconds"),
        "agent": conversation.agent.name,
        "contact": conversation.contact.public_id,
        "contact_name": conversation.contact.name,
        "kind": conversation.last_kind,
        "status": conversation.status,
        "outcome": conversation.outcome,
        "contained": analysis.contained if analysis else None,
        "mood": analysis.sentiment if analysis else "",
        "summary": analysis.summary if analysis else "",
        "unanswered": analysis.unanswered if analysis else [],
        "follow_ups_open": done.count(False),
        "follow_ups_done": done.count(True),
        "cost": cost / 1_000_000,
        "fields": analysis.fields if analysis else {},
    }


def field_names(found: QuerySet[Conversation]) -> list[str]:
    """Names of all fields that any of them has."""
    keys = Func(F("fields"), function="jsonb_object_keys", output_field=TextField())
    rows = Analysis.objects.filter(conversation__in=found.order_by().values("pk")).annotate(name=keys)
    return sorted(rows.order_by().values_list("name", flat=True).distinct()[:MOST_FIELDS])


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return " | ".join(map(str, value))
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case _:
            return str(value)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text
