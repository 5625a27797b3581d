"""How many SMS a text becomes, and a long text cut into messages where a reader would pause. Pure.

A text of GSM-7 characters only takes 7 bits each (GSM 03.38: 160 in one SMS, 153 in each of several, those of the
extension table count double and are not torn apart); any other character makes the whole UCS-2 (70 and 67 UTF-16 units).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION: Final = frozenset("\f^{}\\[~]|€")

Encoding = Literal["GSM-7", "UCS-2"]

_ONE: Final = {"GSM-7": 160, "UCS-2": 70}
_EACH: Final = {"GSM-7": 153, "UCS-2": 67}

_JOINER: Final = "\u200d"
_MARKS: Final = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""Variation selectors, skin tones, flag letters: they belong to what stands before them."""
_FLAG_LETTER: Final = re.compile("[\U0001f1e6-\U0001f1ff]")
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n\s*")
_LINE: Final = re.compile(r"\n\s*")
_SENTENCE: Final = re.compile(r"(?:(?<!\b[A-Z])(?<!\b[A-Za-z]\.[a-z])[.!?…]+[\"'”’»)\]]*\s+|[。！？]+[”』」]*\s*)")
_CLAUSE: Final = re.compile(r"(?:[,;:—–]\s+|[、，；：]\s*)")
_SPACE: Final = re.compile(r"\s+")
_PAUSES: Final = (_PARAGRAPH, _LINE, _SENTENCE, _CLAUSE, _SPACE)
_SHORT: Final = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nr|vs|etc|approx|e\.g|i\.e|a\.m|p\.m|z\.B|bzw|ca|tel|Tel)|\d)\.\s+$"
)
"""A full stop after these ends no sentence."""
_LEAST: Final = 0.5
"""A message is filled at least this far before a lesser pause is taken for a greater one."""


@dataclass(frozen=True, slots=True)
class Segments:
    encoding: Encoding
    units: int
    """Septets, or UTF-16 units."""
    count: int


def segments_of(text: str) -> Segments:
    """What an SMS with this text costs; an empty text is one segment."""
    encoding: Encoding = "GSM-7" if GSM7.issuperset(set(text) - GSM7_EXTENSION) else "UCS-2"
    widths = [_width(character, encoding) for character in text]
    units = sum(widths)
    if units <= _ONE[encoding]:
        return Segments(encoding, units, 1)
    return Segments(encoding, units, _packed(widths, _EACH[encoding]))


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """`text` as messages of at most `limit` UTF-16 units: cut between paragraphs, else sentences, else clauses, else words.

    Only white space at the cuts is lost. Text without any is cut between characters as people see them. () for no text.
    """
    if limit < 2:
        raise ValueError("A message holds at least two units: one emoji.")
    pieces = []
    rest = text.strip()
    while rest:
        end = _cut(rest, limit)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return tuple(piece for piece in pieces if piece)


def length_of(text: str) -> int:
    """In UTF-16 units, as providers count."""
    return len(text) + sum(character > "\uffff" for character in text)


def _width(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in GSM7_EXTENSION else 1
    return 2 if character > "\uffff" else 1


def _packed(widths: Iterable[int], most: int) -> int:
    """Segments for characters that are not torn apart."""
    count, filled = 1, 0
    for width in widths:
        if filled + width > most:
            count, filled = count + 1, 0
        filled += width
    return count


def _cut(text: str, limit: int) -> int:
    """Where the first message of `text` ends, with the white space after it."""
    most = _fitting(text, limit)
    if most >= len(text):
        return len(text)
    for least in (most * _LEAST, 0.0):
        for pause in _PAUSES:
            if (end := _last_pause(text, pause, most)) > least:
                return end
    return _between_characters(text, most)


def _fitting(text: str, limit: int) -> int:
    """How many characters have room; at least one."""
    filled = 0
    for position, character in enumerate(text):
        filled += 2 if character > "\uffff" else 1
        if filled > limit:
            return max(1, position)
    return len(text)


def _last_pause(text: str, pause: re.Pattern[str], most: int) -> int:
    """End of the last pause whose words have room in `most`; 0 when there is none."""
    best = 0
    # One word further: the white space of a pause may stand beyond the limit.
    for found in pause.finditer(text, 0, most + 40):
        if len(text[: found.end()].rstrip()) > most:
            break
        if pause is _SENTENCE and _SHORT.search(text, max(0, found.end() - 12), found.end()):
            continue
        best = found.end()
    return best


def _between_characters(text: str, most: int) -> int:
    """At most `most`, not inside an emoji or an accented letter; `most` where one such fills it all."""
    end = most
    while end > 1 and _belongs(text, end):
        end -= 1
    return most if end <= 1 and _belongs(text, 1) else end


def _belongs(text: str, position: int) -> bool:
    """Whether the character there is part of the one before it."""
    character, before = text[position], text[position - 1]
    if character == _JOINER or before == _JOINER or _MARKS.match(character) or unicodedata.combining(character):
        return True
    if _FLAG_LETTER.match(character) and _FLAG_LETTER.match(before):
        begin = position
        while begin and _FLAG_LETTER.match(text[begin - 1]):
            begin -= 1
        return (position - begin) % 2 == 1
    return False
