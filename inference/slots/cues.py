"""The words that a slot's own question uses: near a value they say whose value it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from inference.nodes import Slot
from inference.normalize.vocabulary import word_set
from inference.slots.reading import Reading

_BEFORE, _AFTER = 5, 2
"""Tokens before and after a value among which its cue may stand."""
_BREAKS = frozenset({".", ";", "!", "?"})
_NO_CUES = word_set(
    "the and you your for what which when where how many much please can could would like may tell give have "
    "know need want with are our that this will from many say number date time name day first last code address "
    "does did want's what's just also now next there any some let get take make put into about them they"
)
PEOPLE = frozenset({"people", "person", "persons", "guest", "guests", "party", "seats", "covers", "diners", "pax",
                    "adults", "table", "group"})  # fmt: skip


@lru_cache(maxsize=512)
def cues_of(slot: Slot) -> frozenset[str]:
    """Stems of the words of its name, label and question that say what it is."""
    words = re.findall(r"[^\W\d_]{3,}", f"{slot.name.replace('_', ' ')} {slot.label} {slot.ask}".lower())
    found = {stem(word) for word in words if word not in _NO_CUES}
    return frozenset(found | {stem(word) for word in PEOPLE} if found & _PEOPLE_STEMS else found)


def counts_people(slot: Slot) -> bool:
    return bool(cues_of(slot) & _PEOPLE_STEMS)


def cued(slot: Slot, reading: Reading, start: int, end: int) -> bool:
    """Whether one of the slot's words stands in the same sentence just before `original[start:end]`, or just after."""
    before = [token.text for token in reading.tokens if token.end <= start]
    after = [token.text for token in reading.tokens if token.start >= end]
    near = _until_break(reversed(before[-_BEFORE:])) + _until_break(after[:_AFTER])
    return any(stem(word) in cues_of(slot) for word in near)


def _until_break(words: Iterable[str]) -> list[str]:
    found: list[str] = []
    for word in words:
        if word in _BREAKS:
            break
        found.append(word)
    return found


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Enough of a word to know it by in another form: "arrival" and "arriving" are one."""
    word = word.removesuffix("'s")
    for ending in ("ings", "ing", "ies", "als", "al", "es", "s", "ed", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


_PEOPLE_STEMS = frozenset(stem(word) for word in PEOPLE)
