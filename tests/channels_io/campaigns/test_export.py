from __future__ import annotations

import csv
import io

import pytest

from channels_io.campaigns.export import COLUMNS, export_lines, safe_cell
from channels_io.models import Campaign, CampaignEntry
from tests.channels_io.campaigns.conftest import people


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("x")',
        "+353 87",
        "＝1",
        "+353871234567,=1",
    ],
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Jane", "+353871234567", "1-2", "a=b", "'quoted"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_all_lines_with_what_came_of_them(campaign: Campaign) -> None:
    people(campaign, 2, variables={"visit": "=cmd|' /C calc'!A0", "=bad": "x"})
    CampaignEntry.objects.filter(line=2).update(state="done", outcome="answered", attempts=2)
    CampaignEntry.objects.create(
        campaign=campaign, line=4, address='no,"number', state="skipped", reason="number_letters"
    )
    text = "".join(export_lines(campaign))
    assert text.startswith("\ufeffline,")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    # jsonb keeps keys by length
    assert rows[0] == [*COLUMNS, "'=bad", "visit"]
    assert rows[1] == [
        "2", "+353870000002", "Person 2", "Europe/Dublin", "Reached", "Answered", "", "2", "", "", "x",
        "'=cmd|' /C calc'!A0",
    ]  # fmt: skip
    assert rows[3][:7] == ["4", 'no,"number', "", "", "Left out", "", "Letters in the number"]
    assert len(rows) == 4
