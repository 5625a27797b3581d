from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_io.campaigns.sheet import MOST_BYTES, MOST_LINES, BadSheet, read_sheet


def cells(content: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_sheet(content).rows()]


TABLE = [("phone", "name"), ("+353871234567", "Zoë"), ("+353861111111", "Seán, Jr.")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_way_a_spreadsheet_writes(separator: str, encoding: str, end: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(TABLE)
    assert cells(out.getvalue().encode(encoding)) == TABLE


def test_lines_are_those_of_the_file() -> None:
    text = 'phone,note\n\n"+353871234567","two\nlines"\n,,\n+353861111111,x\n'
    assert [(row.line, row.cells) for row in read_sheet(text.encode()).rows()] == [
        (1, ("phone", "note")),
        (3, ("+353871234567", "two\nlines")),
        (6, ("+353861111111", "x")),
    ]


def test_excels_note_about_the_separator() -> None:
    assert cells(b"sep=;\r\na;b,c\r\n1;2,3\r\n") == [("a", "b,c"), ("1", "2,3")]


def test_one_column_needs_no_separator() -> None:
    assert cells(b"+353871234567\n+353861111111\n") == [("+353871234567",), ("+353861111111",)]


def test_spaces_marks_and_long_cells() -> None:
    (row,) = cells("  a\u00a0,\ufeffb ,".encode() + b"x" * 5000)
    assert row[:2] == ("a", "b")
    assert len(row[2]) == 1000


def test_missing_cells_are_empty() -> None:
    (row,) = read_sheet(b"a,b").rows()
    assert [row.cell(place) for place in (0, 1, 2, None, -1)] == ["a", "b", "", "", ""]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet_empty"),
        (b" \n\n \n", "sheet_empty"),
        (b"\xef\xbb\xbf", "sheet_empty"),
        (b"PK\x03\x04\x00\x00 a zip", "sheet_binary"),
        (b"a,b\x00c", "sheet_binary"),
        (b"x" * (MOST_BYTES + 1), "sheet_too_large"),
        (b"a," * 80, "sheet_too_wide"),
        (b"1\n" * (MOST_LINES + 2), "sheet_too_long"),
        (b'a,b\n"never closed,' + b"x" * 200_000, "sheet_quote"),
    ],
)
def test_what_cannot_be_read(content: bytes, code: str) -> None:
    with pytest.raises(BadSheet) as refused:
        list(read_sheet(content).rows())
    assert refused.value.code == code


def test_the_most_lines_and_a_header_are_read() -> None:
    assert len(cells(b"phone\n" + b"1\n" * MOST_LINES)) == MOST_LINES + 1


@settings(deadline=None)
@given(content=st.binary(max_size=2000))
def test_any_bytes_give_rows_or_a_reason(content: bytes) -> None:
    try:
        rows = list(read_sheet(content).rows())
    except BadSheet as refused:
        assert refused.code.startswith("sheet_")
    else:
        assert [row.line for row in rows] == sorted({row.line for row in rows})
        assert all(any(row.cells) for row in rows)


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20).map(str.strip).filter(bool)


@settings(deadline=None)
@given(
    table=st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=3, max_size=8),
    separator=st.sampled_from(",;\t"),
)
def test_what_was_written_is_read(table: list[tuple[str, str, str]], separator: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(table)
    sheet = read_sheet(b"\xef\xbb\xbf" + out.getvalue().encode())
    if sheet.separator == separator:
        read = [row.cells for row in sheet.rows()]
        clean = [tuple(cell.replace("\ufeff", "").replace("\u00a0", " ").strip() for cell in row) for row in table]
        assert read == [row for row in clean if any(row)]
