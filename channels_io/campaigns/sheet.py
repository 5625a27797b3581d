"""A file of comma, semicolon or tab separated values, as spreadsheets write them → rows of text. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_LINES: Final = 50_000
MOST_COLUMNS: Final = 60
MOST_CHARACTERS: Final = 1_000
"""Of one cell; longer ones are cut when they are read."""
PREVIEW: Final = 10
_SEPARATORS: Final = ",;\t|"
_SAMPLE: Final = 25
_NAMED: Final = re.compile(r"sep=([,;\t|])\r?\n")
"""How Excel writes down which separator it took."""


class BadSheet(ValueError):
    """It cannot be read as a list. `code`: sheet_too_large, sheet_empty, sheet_binary, sheet_too_long, sheet_too_wide."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.line = line


class Row(Struct, frozen=True):
    """`line` is where the row begins in the file, counted from 1."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """Its text without spaces around; "" where the row has no such column."""
        return "" if column is None or not 0 <= column < len(self.cells) else self.cells[column]


class Sheet(Struct, frozen=True):
    text: str
    separator: str
    encoding: str

    def rows(self) -> Iterator[Row]:
        """Rows that hold anything. Raises BadSheet, also in the middle."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.separator)
        begins, count = 1, 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error:
                raise BadSheet("sheet_quote", begins) from None
            if cells is None:
                return
            row = Row(begins, tuple(_clean(cell) for cell in cells))
            begins = reader.line_num + 1
            if row.line == 1 and _NAMED.match(self.text):
                continue
            if not any(row.cells):
                continue
            count += 1
            if count > MOST_LINES + 1:  # one may be the header
                raise BadSheet("sheet_too_long", row.line)
            if len(row.cells) > MOST_COLUMNS:
                raise BadSheet("sheet_too_wide", row.line)
            yield row


def read_sheet(content: bytes) -> Sheet:
    """Raises BadSheet. UTF-8 with or without its mark, UTF-16 with one, else Windows' western letters."""
    if len(content) > MOST_BYTES:
        raise BadSheet("sheet_too_large")
    text, encoding = _decoded(content)
    if "\x00" in text:
        raise BadSheet("sheet_binary")
    if not text.strip():
        raise BadSheet("sheet_empty")
    return Sheet(text, _separator(text), encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    tries = [encoding for mark, encoding in marks if content.startswith(mark)] + ["utf-8", "cp1252"]
    for encoding in tries:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def _separator(text: str) -> str:
    """The one that cuts the first lines into the most columns, the same number in most of them."""
    named = _NAMED.match(text)
    if named:
        return named[1]
    sample = "\n".join(text.splitlines()[:_SAMPLE])

    def worth(separator: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=separator) if row]
        except csv.Error:
            return (0, 0)
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_SEPARATORS, key=worth)


def _clean(cell: str) -> str:
    return cell[:MOST_CHARACTERS].replace("\ufeff", "").replace("\u00a0", " ").strip()
