from __future__ import annotations

from typing import Any

import pytest

from agents.diff import Line, Piece, compare_drafts, compare_lines, readable_lines
from agents.schema import DRAFT_FIELDS


def test_only_what_differs_in_form_order() -> None:
    before = dict.fromkeys(DRAFT_FIELDS, "")
    changes = compare_drafts(before, {**before, "hints": ["Novak"], "persona": "Mia"})
    assert [change.name for change in changes] == ["persona", "hints"]
    assert [(change.added, change.removed) for change in changes] == [(1, 0), (1, 0)]


def test_a_changed_line_marks_its_words() -> None:
    assert compare_lines(["Open at 8 am."], ["Open at 9 am."]) == [
        Line("removed", (Piece("Open at "), Piece("8", strong=True), Piece(" am."))),
        Line("added", (Piece("Open at "), Piece("9", strong=True), Piece(" am."))),
    ]


def test_two_different_sentences_are_not_picked_apart() -> None:
    assert compare_lines(["Closed."], ["Ask for the name and number."]) == [
        Line("removed", (Piece("Closed."),)),
        Line("added", (Piece("Ask for the name and number."),)),
    ]


def test_long_same_runs_are_skipped() -> None:
    before = ["a", "b", "c", "d", "x", "e", "f", "g"]
    after = ["a", "b", "c", "d", "e", "f", "g"]
    assert compare_lines(before, after) == [
        Line("skipped", count=3),
        Line("same", (Piece("d"),)),
        Line("removed", (Piece("x"),)),
        Line("same", (Piece("e"),)),
        Line("skipped", count=2),
    ]


@pytest.mark.parametrize(
    ("name", "value", "lines"),
    [
        ("greeting", "a\nb", ["a", "b"]),
        ("greeting", "", []),
        ("greeting", None, []),
        ("record_audio", True, ["on"]),
        ("record_audio", False, ["off"]),
        ("temperature", 0.30, ["0.3"]),
        ("max_tokens", 120, ["120"]),
        ("hints", ["a", "b"], ["a", "b"]),
        ("pronunciations", [{"written": "Dr.", "spoken": "Doctor"}], ["Dr. → Doctor"]),
    ],
)
def test_readable_lines(name: str, value: Any, lines: list[str]) -> None:
    assert readable_lines(DRAFT_FIELDS[name], value) == lines


def test_huge_texts_are_compared_as_blocks() -> None:
    before, after = ["x"] * 5_000, ["y"]
    lines = compare_lines(before, after)
    assert [line.mark for line in lines] == ["removed"] * 5_000 + ["added"]
