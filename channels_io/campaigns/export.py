"""A campaign's lines as a CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

from channels_io.campaigns.reasons import outcome_label, reason_label
from channels_io.models import Campaign, CampaignEntry

COLUMNS: Final = (
    "line", "number", "name", "time_zone", "state", "outcome", "reason", "attempts", "last_tried", "conversation",
)  # fmt: skip
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN_NUMBER: Final = re.compile(r"\+[0-9]{1,15}", re.ASCII)


def export_lines(campaign: Campaign) -> Iterator[str]:
    """The file, line by line, beginning with a mark that tells spreadsheets it is UTF-8."""
    writer = csv.writer(_Echo())
    variables = _variables(campaign)
    yield "\ufeff" + writer.writerow([*COLUMNS, *map(safe_cell, variables)])
    rows = CampaignEntry.objects.filter(campaign=campaign).select_related("conversation").order_by("line")
    for entry in rows.iterator(chunk_size=1000):
        cells = [
            str(entry.line),
            entry.address,
            entry.name,
            entry.zone,
            entry.get_state_display(),
            outcome_label(entry.outcome),
            reason_label(entry.reason),
            str(entry.attempts),
            entry.tried_at.isoformat(timespec="seconds") if entry.tried_at else "",
            entry.conversation.public_id if entry.conversation else "",
            *(str(entry.variables.get(name, "")) for name in variables),
        ]
        yield writer.writerow([safe_cell(cell) for cell in cells])


def safe_cell(text: str) -> str:
    """With a mark in front where a spreadsheet would calculate. A telephone number is only a number."""
    if text.startswith(_DANGEROUS) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def _variables(campaign: Campaign) -> list[str]:
    """Columns of the list, in the order of its first line."""
    first = CampaignEntry.objects.filter(campaign=campaign).exclude(variables={}).order_by("line").first()
    return [] if first is None else list(first.variables)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text
