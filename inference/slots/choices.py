"""One of several answers: by its name, a synonym, its number in the list, or something that sounds like it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from inference.nodes import Choice, Slot
from inference.normalize.vocabulary import word_set
from inference.slots import kin
from inference.slots.cues import stem
from inference.slots.parsed import Found
from inference.slots.reading import Reading, read
from inference.slots.ruling import by_hour, standing

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_ALIKE = 0.82
"""Likeness from which a word is taken for a name that it only sounds like."""
_SHORTEST_ALIKE = 4
_NTH = re.compile(
    r"(?<= )(?:(?:the |my )?(?P<nth>\d{1,2})th(?! thing)(?: (?:1|one|option|choice|please))?|(?:number|option|"
    r"choice) (?P<number>\d{1,2})"
    r"|(?:the )(?P<last>last|latter)(?: (?:1|one|option))?|(?:the )(?P<former>former))(?= )"
)
_ONLY_NUMBER = re.compile(
    r"^ (?:(?:it's|that's|is|the|press|i'd like|i'll take|uh|please|,|yes) )*(?P<n>\d{1,2})(?: (?:please|[.,!]))* $"
)
_SMALL = word_set("a an the of for to in on at and or my your please i want like would new just some any with by is it")


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every choice that is named. Its whole name is unmistakable; half of it, its number or its like is an answer."""
    reading = read(text, moment.language)
    found = list(_named(slot, reading, moment.language))
    found = [each for each in found if not any(_inside(each, other) for other in found)]
    kindred = list(kin.find(slot, text)) if moment.language.lower().startswith("en") else []
    if not found:
        found = [each for each in kindred if not each.plain]
    if not found:
        found = list(_by_word(slot, reading, moment.language)) or list(_by_number(slot, reading))
    if moment.language.lower().startswith("en"):
        found = standing(slot, found, text)
        found = found or standing(slot, kindred, text) or by_hour(slot, text, moment)
    if not found:
        found = list(_alike(slot, reading, moment.language))
    return sorted((each for each in found if not _past(each, text)), key=lambda each: each.start)


def _past(found: Found, text: str) -> bool:
    """ "Four years ago" says nothing of "within a year"."""
    return re.match(r"\W+(?:ago|old)\b", text[found.end :], re.IGNORECASE) is not None


def _inside(one: Found, other: Found) -> bool:
    """ "Check-up" in "new patient check-up" is not named itself."""
    return one is not other and other.start <= one.start and one.end <= other.end and len(one.value) > 0 and (
        other.end - other.start > one.end - one.start
    )  # fmt: skip


@lru_cache(maxsize=512)
def _names(choice: Choice, language: str) -> tuple[tuple[str, ...], ...]:
    """Label, synonyms and value, each as its stems."""
    names = (choice.label, *choice.synonyms, choice.value.replace("_", " ").replace("-", " "))
    found = [tuple(stem(token.text) for token in read(name, language).tokens if token.text.isalnum()) for name in names]
    return tuple(dict.fromkeys(name for name in found if name))


def _stems(reading: Reading) -> list[str]:
    return [stem(token.text) for token in reading.tokens]


def _named(slot: Slot, reading: Reading, language: str) -> Iterator[Found]:
    said = _stems(reading)
    for choice in slot.choices:
        for name in _names(choice, language):
            for first in range(len(said)):
                length = _matches(said[first:], name)
                if length:
                    start, end = reading.tokens[first].start, reading.tokens[first + length - 1].end
                    yield Found(choice.value, start, end, plain=name == ("1",) or len("".join(name)) < 3)


def _matches(said: list[str], name: tuple[str, ...]) -> int:
    """How many words from here say the name; written in one word or in several is the same. 0: they do not."""
    wanted, got = "".join(name), ""
    for length, word in enumerate(said[: len(name) + 2], start=1):
        got += word
        if got == wanted:
            return length
        if not wanted.startswith(got):
            return 1 if length == 1 and word == stem(wanted) else 0
    return 0


def _by_word(slot: Slot, reading: Reading, language: str) -> Iterator[Found]:
    """A word that only one of the choices has in its name: "the hygienist" for "Dental hygienist visit"."""
    owners: dict[str, set[str]] = {}
    for choice in slot.choices:
        for name in _names(choice, language):
            for word in name:
                owners.setdefault(word, set()).add(choice.value)
    for token, word in zip(reading.tokens, _stems(reading), strict=True):
        values = owners.get(word, set())
        if len(values) == 1 and len(word) >= 3 and token.text not in _SMALL:
            yield Found(next(iter(values)), token.start, token.end, plain=True)


def _by_number(slot: Slot, reading: Reading) -> Iterator[Found]:
    match = _NTH.search(reading.plain) or _ONLY_NUMBER.search(reading.plain)
    if match is None:
        return
    parts = match.groupdict()
    if parts.get("last"):
        position = len(slot.choices)
    elif parts.get("former"):
        position = 1
    else:
        position = int(parts.get("nth") or parts.get("number") or parts["n"])
    if parts.get("n") and any(choice.key == parts["n"] for choice in slot.choices):
        value = next(choice.value for choice in slot.choices if choice.key == parts["n"])
    elif 1 <= position <= len(slot.choices):
        value = slot.choices[position - 1].value
    else:
        return
    start, end = reading.origin(*match.span())
    yield Found(value, start, end, plain=True)


def _alike(slot: Slot, reading: Reading, language: str) -> Iterator[Found]:
    """The choice whose name is most like some of the words, when no other is nearly as much."""
    said = [token.text for token in reading.tokens]
    scores: list[tuple[float, str, int, int]] = []
    for choice in slot.choices:
        best = (0.0, choice.value, 0, 0)
        for name in _names(choice, language):
            wanted = "".join(name)
            if len(wanted) < _SHORTEST_ALIKE:
                continue
            for length in {max(1, len(name) - 1), len(name), len(name) + 1}:
                for first in range(max(0, min(len(said), 40) - length + 1)):
                    words = [stem(word) for word in said[first : first + length]]
                    if words[0] in _SMALL and length > 1:
                        continue
                    likeness = _likeness("".join(words), wanted)
                    best = max(best, (likeness, choice.value, first, first + length - 1))
        scores.append(best)
    scores.sort(reverse=True)
    if scores and scores[0][0] >= _ALIKE and (len(scores) == 1 or scores[1][0] < scores[0][0] - 0.08):
        likeness, value, first, last = scores[0]
        yield Found(value, reading.tokens[first].start, reading.tokens[last].end, sure=likeness > 0.9, plain=True)


def _likeness(one: str, other: str) -> float:
    if not one or abs(len(one) - len(other)) > max(2, len(other) // 3):
        return 0.0
    return SequenceMatcher(None, one, other).ratio()


def keyed(slot: Slot, keys: str) -> str:
    """The choice on a key, or at that place in the list when none has keys of its own."""
    for choice in slot.choices:
        if choice.key and choice.key == keys:
            return choice.value
    if any(choice.key for choice in slot.choices) or not keys.isdecimal() or not keys.isascii():
        return ""
    position = int(keys[:3])
    return slot.choices[position - 1].value if 1 <= position <= len(slot.choices) else ""


def label_of(slot: Slot, value: str) -> str:
    """What the choice is called."""
    return next((choice.label or choice.value for choice in slot.choices if choice.value == value), value)
