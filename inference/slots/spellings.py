"""Codes and references that are spelled: "A B dash one two", "B as in Bravo, seven". Values have no blanks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots.cues import cued
from inference.slots.letters import spelled
from inference.slots.parsed import Found
from inference.slots.reading import read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_WRITTEN = re.compile(r"(?<![\w@.])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w@])")
"""A code in one piece: "AB-1234"."""
_MUCH_OF = 0.6
"""Shorter ones beside a longer one are words about it: "PNR is QX7R2P"."""
_CLOCK = re.compile(r"\d+(?:st|nd|rd|th|am|pm|h|k)", re.IGNORECASE)
_CAPITALS = re.compile(r"(?<![\w@.])[A-Z]{2,12}(?![\w@])")
_WORD = re.compile(r"[^\W_]{2,30}")
_LEAD = re.compile(
    r"^(?:(?:it'?s|it is|that'?s|that is|is|yes|yeah|sure|okay|ok|well|so|the|my|name|code|spelled|spelt|spelling|"
    r"um|uh|please)[\s,.:]+)+",
    re.IGNORECASE,
)


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """What was spelled, in capitals; a plain word is a guess, and only as the answer."""
    reading = read(text, moment.language)
    runs = [(run.text, reading.tokens[run.first].start, reading.tokens[run.last].end) for run in spelled(reading)]
    codes = [(match[0].upper(), *match.span()) for match in _WRITTEN.finditer(text) if not _CLOCK.fullmatch(match[0])]
    words = [(match[0], *match.span()) for match in _CAPITALS.finditer(text)]
    found: list[Found] = []
    for value, start, end in [*codes, *runs, *words]:
        if not any(start < each.end and each.start < end for each in found):
            known = cued(slot, reading, start, end) and not value.isdecimal()
            found.append(Found(value, start, end, plain=not known))
    if found:
        longest = max(len(each.value) for each in found)
        return [each for each in found if len(each.value) >= _MUCH_OF * longest]
    bare = _LEAD.sub("", text)
    alone = _WORD.findall(bare)
    if len(alone) == 1:
        start = text.rindex(alone[0])
        return [Found(alone[0].upper(), start, start + len(alone[0]), sure=False, plain=True)]
    return []
