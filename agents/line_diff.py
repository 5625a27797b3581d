"""A line diff for people: changed lines show their changed words, long same runs are skipped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["same", "removed", "added", "skipped"]

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
CONTEXT_LINES = 1
"""Unchanged lines shown beside a changed one."""
MAX_COMPARED = 4_000
"""Lines or words compared at most; beyond it a block is shown as wholly replaced."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a line; `strong` when they are what changed in it."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one field. A `skipped` line stands for unchanged ones and says how many in `count`."""

    mark: Mark
    pieces: tuple[Piece, ...] = ()
    count: int = 0


def compare_lines(before: list[str], after: list[str]) -> list[Line]:
    """A line diff in which changed lines show their changed words and long same runs are skipped."""
    if max(len(before), len(after)) > MAX_COMPARED:
        return [*_plain("removed", before), *_plain("added", after)]
    lines: list[Line] = []
    blocks = SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    for number, (tag, a1, a2, b1, b2) in enumerate(blocks):
        if tag == "equal":
            lines += _same_run(before[a1:a2], first=number == 0, last=number == len(blocks) - 1)
        elif tag == "replace" and a2 - a1 == b2 - b1:
            for old, new in zip(before[a1:a2], after[b1:b2], strict=True):
                lines += _changed_line(old, new)
        else:
            lines += _plain("removed", before[a1:a2])
            lines += _plain("added", after[b1:b2])
    return lines


def _plain(mark: Mark, lines: Iterable[str]) -> list[Line]:
    return [Line(mark, (Piece(text),)) for text in lines]


def _same_run(run: list[str], *, first: bool, last: bool) -> list[Line]:
    """Context next to the changes; the rest of the run as one skipped line."""
    head = 0 if first else CONTEXT_LINES
    tail = 0 if last else CONTEXT_LINES
    if len(run) <= head + tail + 1:
        return _plain("same", run)
    skipped = Line("skipped", count=len(run) - head - tail)
    return [*_plain("same", run[:head]), skipped, *_plain("same", run[len(run) - tail :])]


def _changed_line(old: str, new: str) -> list[Line]:
    old_words, new_words = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(old_words), len(new_words)) > MAX_COMPARED:
        return [*_plain("removed", [old]), *_plain("added", [new])]
    matcher = SequenceMatcher(a=old_words, b=new_words, autojunk=False)
    if matcher.ratio() < 0.4:  # two different sentences: marking stray equal words would only confuse
        return [*_plain("removed", [old]), *_plain("added", [new])]
    removed: list[Piece] = []
    added: list[Piece] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        strong = tag != "equal"
        if a2 > a1:
            removed.append(Piece("".join(old_words[a1:a2]), strong))
        if b2 > b1:
            added.append(Piece("".join(new_words[b1:b2]), strong))
    return [Line("removed", tuple(removed)), Line("added", tuple(added))]
