"""Played samples → the words of a reply that were heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_WORD = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W_]+")
_DIGIT_WEIGHT = 4
"""A digit takes about as long to say as four letters."""


@dataclass(frozen=True, slots=True)
class SpokenClause:
    """A clause whose audio was made.

    `written` is what the transcript shows, `samples` the length of its audio, `words` its spoken
    words with their first samples in that audio (empty when the voice does not tell).
    """

    written: str
    samples: int
    words: tuple[tuple[str, int], ...] = ()


def heard_prefix(clauses: Sequence[SpokenClause], played: int) -> str:
    """The written text that was heard when `played` samples of these clauses were played.

    It is a prefix of the written text, cut after a word; a word counts once half of it was played.
    """
    heard: list[str] = []
    for clause in clauses:
        if played < clause.samples:
            heard.append(_cut(clause, played))
            break
        heard.append(clause.written)
        played -= clause.samples
    return "".join(heard).strip()


def _cut(clause: SpokenClause, played: int) -> str:
    if played <= 0:
        return ""
    written = list(_WORD.finditer(clause.written))
    ends = _written_ends(clause, [word[0] for word in written])
    begins = [0.0, *ends]
    count = sum(1 for begin, end in zip(begins, ends, strict=False) if played >= (begin + end) / 2)
    return clause.written[: written[count - 1].end()] if count else ""


def _written_ends(clause: SpokenClause, written: list[str]) -> list[float]:
    """The sample at which each written word ends. It never goes back."""
    if not clause.words:
        return _proportional(written, 0.0, float(clause.samples))
    spoken_ends = [float(first) for _, first in clause.words[1:]] + [float(clause.samples)]
    ends: list[float] = []
    # Words that are spoken as written are anchors; between them ("9:30" ~ "nine thirty") time is shared out.
    anchors = [(-1, -1), *_anchors(written, [word for word, _ in clause.words]), (len(written), len(clause.words))]
    for (written_before, spoken_before), (written_next, spoken_next) in pairwise(anchors):
        begin = spoken_ends[spoken_before] if spoken_before >= 0 else float(clause.words[0][1])
        end = spoken_ends[spoken_next - 1] if spoken_next > spoken_before + 1 else begin
        ends += _proportional(written[written_before + 1 : written_next], begin, end)
        if written_next < len(written):
            ends.append(spoken_ends[spoken_next])
    return ends


def _anchors(written: list[str], spoken: list[str]) -> list[tuple[int, int]]:
    matcher = SequenceMatcher(None, [_bare(word) for word in written], [_bare(word) for word in spoken], autojunk=False)
    return [
        (block.a + offset, block.b + offset) for block in matcher.get_matching_blocks() for offset in range(block.size)
    ]


def _bare(word: str) -> str:
    return "".join(_LETTERS.findall(word)).lower()


def _proportional(words: list[str], begin: float, end: float) -> list[float]:
    """Share the time from `begin` to `end` among words by how long they take to say."""
    weights = [_weight(word) for word in words]
    total = sum(weights)
    ends: list[float] = []
    done = 0
    for weight in weights:
        done += weight
        ends.append(begin + (end - begin) * done / total)
    return ends


def _weight(word: str) -> int:
    digits = sum(1 for character in word if character.isdigit())
    pause = 3 if word[-1] in ".,;:!?" else 0
    return 1 + len(word) - digits + digits * _DIGIT_WEIGHT + pause
