"""Words against words: error rate of a recogniser, and how many words of a text were said aloud. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct
from num2words import num2words

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+")


class WordErrors(Struct, frozen=True):
    errors: int = 0
    words: int = 0

    @property
    def percent(self) -> float | None:
        return None if not self.words else 100 * self.errors / self.words


class Cut(Struct, frozen=True):
    """An interrupted reply: how many of its words sounded, and how many the transcript kept."""

    clip: str
    played: int
    kept: int

    @property
    def right(self) -> bool:
        return abs(self.played - self.kept) <= 1


def words(text: str) -> list[str]:
    """Lower-case words as they are spoken: "9 am" and "nine a.m.", "check-up" and "checkup" are the same."""
    spoken = text.lower().replace("’", "'").replace("a.m.", "am").replace("p.m.", "pm")
    spoken = re.sub(r"(?<=[a-z])-(?=[a-z])", "", spoken)
    spoken = re.sub(r"\b(check|pick|follow) (up)\b", r"\1\2", spoken)
    spoken = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", spoken)
    found: list[str] = []
    for word in _WORD.findall(spoken):
        found += re.findall(r"[a-z]+", num2words(int(word))) if word.isdigit() and len(word) < 10 else [word]
    return found


def distances(said: Sequence[str], heard: Sequence[str]) -> list[int]:
    """Edit distance in words between `heard` and each beginning of `said`: of 0 words, of 1, ..., of all."""
    row = list(range(len(heard) + 1))
    found = [row[-1]]
    for word in said:
        above, row = row, [row[0] + 1]
        for index, other in enumerate(heard):
            row.append(min(above[index] + (word != other), above[index + 1] + 1, row[index] + 1))
        found.append(row[-1])
    return found


def word_errors(pairs: Iterable[tuple[str, str]]) -> WordErrors:
    """Over (what was said, what was recognised)."""
    errors = count = 0
    for said, heard in pairs:
        wanted = words(said)
        errors += distances(wanted, words(heard))[-1]
        count += len(wanted)
    return WordErrors(errors, count)


def words_played(full_text: str, recognised: str) -> int:
    """How many words of `full_text` were said, given what a recogniser understood of the audio.

    The beginning of the text that is nearest to what was understood; of two that are equally near, the longer.
    """
    found = distances(words(full_text), words(recognised))
    least = min(found)
    return max(index for index, distance in enumerate(found) if distance == least)


def cut_of(clip: str, full_text: str, recognised: str, kept: str) -> Cut:
    """`kept` is what the transcript says was heard of `full_text`."""
    return Cut(clip, words_played(full_text, recognised), len(words(kept)))
