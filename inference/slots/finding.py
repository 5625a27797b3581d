"""Slots in a sentence: which words answer which of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.nodes import Expects, Slot, SlotKind
from inference.normalize.vocabulary import word_set
from inference.slots import (
    addresses,
    choices,
    dates,
    digits,
    emails,
    names,
    numbers,
    phones,
    spellings,
    texts,
    times,
)
from inference.slots.agreeing import yes_no
from inference.slots.asides import asides, without
from inference.slots.cues import cued
from inference.slots.declining import declines
from inference.slots.echoing import echoed
from inference.slots.keys import keyed
from inference.slots.parsed import Found, Parsed
from inference.slots.picking import both_meant, kept, longest, pick
from inference.slots.problems import check
from inference.slots.reading import MOST_CHARACTERS, blank, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_FINDERS: Mapping[SlotKind, Callable[[Slot, str, Moment], list[Found]]] = {
    "email": emails.find, "phone": phones.find, "date": dates.find, "time": times.find, "choice": choices.find,
    "digits": digits.find, "spelling": spellings.find, "address": addresses.find, "number": numbers.find,
    "name": names.find, "text": texts.find,
}  # fmt: skip
"""The most unmistakable kinds first: what they have used is not seen by the others."""
_EXPECTS: Mapping[SlotKind, Expects] = {
    "text": "any", "name": "name", "phone": "phone", "email": "email", "date": "date", "time": "date",
    "number": "number", "address": "free", "choice": "any", "yes_no": "yes_no", "digits": "phone",
    "spelling": "spelling",
}  # fmt: skip
_FIRST_WHEN_ASKED = frozenset({"digits", "spelling", "phone", "email"})
_RUNS_OF_DIGITS = frozenset({"digits", "phone"})
_NEVER_ASIDE = frozenset({"digits", "spelling", "phone", "email"})
"""Given even in a question of the caller's: "Where is my order 48213?"."""
_FEW = 3
_EACH_ITS_OWN = frozenset({"choice", "name"})
"""Kinds of which one sentence's words may answer several slots, each in its way: first name and last name."""
_EMPTY_WORDS = word_set(
    "i i'd i'll like want would to a an the on at for in of and or is it it's that that's please yes no can "
    "could could we my me with book have make let's thanks thank you okay ok sure maybe how about what , . ; ! "
    "?"
)


def parse(
    slot: Slot, text: str, moment: Moment, *, keypad: bool = False, asked: bool = True, curious: bool = False
) -> Parsed | None:
    """The value of `slot` in `text`, or None. Whether it is allowed is another question: `check`.

    `keypad`: `text` are keys of a telephone. `asked`: the words answer this slot's question; otherwise only what is
    unmistakable counts ("Tuesday" is a date, "Peter" alone is no name). `curious`: what stands in a question of the
    caller's counts too ("where is my parcel?").
    """
    if keypad:
        value = keyed(slot, text, moment)
        return Parsed(value, text) if value else None
    text = text[:MOST_CHARACTERS]
    if slot.kind == "yes_no":
        return _yes_no(slot, text, moment) if asked else None
    said = text if curious or slot.kind in _NEVER_ASIDE else without(text, asides(text))
    found = _candidates(slot, said, moment, asked=asked)
    return _parsed(_one(slot, found, said), text)


def find_all(slots: Sequence[Slot], text: str, moment: Moment, asked: str = "") -> dict[str, Parsed]:
    """Slot name → value, for all that one sentence answers. `asked`: the name of the slot just asked for, if any.

    No words are used for two slots, except that a first and a last name may be found in one name.
    """
    text = text[:MOST_CHARACTERS]
    questions = asides(text)
    rest = beside_day = text
    result: dict[str, Parsed] = {}
    asked_slot = next((slot for slot in slots if slot.name == asked), None)
    if asked_slot is not None and asked_slot.kind == "yes_no":
        answer = _yes_no(asked_slot, text, moment)
        result |= {asked: answer} if answer else {}
    for kind in _order(asked_slot):
        group = [slot for slot in slots if slot.kind == kind]
        if not group or (kind == "text" and (asked_slot is None or asked_slot.kind != "text")):
            continue
        said = rest if kind in _NEVER_ASIDE else without(beside_day if kind == "time" else rest, questions)
        if kind == "text":
            taken = _text(asked_slot, without(text, questions), said, moment)
        elif kind in _EACH_ITS_OWN:
            taken = _each(group, said, moment, asked)
        else:
            taken = _shared(group, said, moment, asked)
        for name, found in taken.items():
            parsed = _parsed(found, text)
            result |= {name: parsed} if parsed else {}
        for found in taken.values():
            rest = blank(rest, found.start, found.end)
            if kind != "date" or found.plain:
                beside_day = blank(beside_day, found.start, found.end)
    return result


def expects_of(slot: Slot) -> Expects:
    """How patient to be with the caller's answer to this slot's question."""
    return _EXPECTS[slot.kind]


def _order(asked: Slot | None) -> list[SlotKind]:
    order: list[SlotKind] = list(_FINDERS)
    if asked is not None and asked.kind in _FIRST_WHEN_ASKED:
        order.remove(asked.kind)
        order.insert(0, asked.kind)
    return order


def _candidates(slot: Slot, said: str, moment: Moment, *, asked: bool) -> list[Found]:
    found = _FINDERS[slot.kind](slot, said, moment)
    known = [each for each in found if not each.plain]
    if asked or not known:
        return found if asked else []
    stand = kept(found, said)
    if stand and all(each.plain for each in stand):
        return [replace(each, plain=False) for each in stand]  # "90 dollars. Sorry, 95."
    return known


def _one(slot: Slot, found: Sequence[Found], said: str) -> Found | None:
    if slot.kind in _RUNS_OF_DIGITS:
        best = longest(found, said, lambda value: _fits(slot, value))
        return None if best is not None and _in_passing(slot, best, said) else best
    chosen = pick(found, said)
    if chosen is None:
        return None
    if slot.kind == "choice" and len({each.value for each in kept(found, said)}) > 1:
        return None
    if slot.kind != "text" and declines(said):
        return replace(chosen, sure=False)
    return chosen


def _in_passing(slot: Slot, found: Found, said: str) -> bool:
    """A figure or two in a sentence about something else: "could I talk to one of your people"."""
    words = len(said.split()) - len(said[found.start : found.end].split())
    return slot.kind == "digits" and not _fits(slot, found.value) and len(found.value) < _FEW and words > _FEW


def _fits(slot: Slot, value: str) -> bool:
    low, high = (slot.minimum or 0), (slot.maximum or MOST_CHARACTERS)
    return slot.kind != "digits" or low <= len(value) <= high


def _parsed(found: Found | None, text: str) -> Parsed | None:
    return Parsed(found.value, text[found.start : found.end], found.sure) if found is not None else None


def _yes_no(slot: Slot, text: str, moment: Moment) -> Parsed | None:
    answer = yes_no(text, moment.language)
    if answer is None and moment.language.lower().startswith("en"):
        answer = echoed(slot.ask, text)
    if answer is None:
        return None
    head = re.match(r"\s*([^,.!?;]*)", text)
    return Parsed("yes" if answer else "no", head[1].strip() if head and head[1].strip() else text)


def _each(group: Sequence[Slot], said: str, moment: Moment, asked: str) -> dict[str, Found]:
    """Slots that are answered independently; of choices no two by the same words."""
    taken: dict[str, Found] = {}
    for slot in sorted(group, key=lambda slot: slot.name != asked):
        found = _candidates(slot, said, moment, asked=slot.name == asked)
        if slot.kind == "choice":
            found = [each for each in found if not any(_overlap(each, other) for other in taken.values())]
        one = _one(slot, found, said)
        if one is not None:
            taken[slot.name] = one
    return taken


def _shared(group: Sequence[Slot], said: str, moment: Moment, asked: str) -> dict[str, Found]:
    """Slots of one kind: whose value it is, is told by the words around it, by what was asked, or by their order."""
    taken: dict[str, Found] = {}
    found = {slot.name: _candidates(slot, said, moment, asked=slot.name == asked) for slot in group}
    first = next((slot for slot in group if slot.name == asked), None)
    if first is None:
        found = {
            slot.name: [each for each in found[slot.name] if not check(slot, each.value, moment)] for slot in group
        }
    ranked = sorted(group, key=lambda slot: slot.name != asked)
    if len(group) > 1:
        taken = _by_cue(group, found, said, moment)
        if not taken:
            taken = _in_order(ranked, found, said)
    rest = {
        name: [each for each in candidates if not any(_overlap(each, other) for other in taken.values())]
        for name, candidates in found.items()
    }
    if first is not None and first.name not in taken:
        one = _one(first, rest[first.name], said)
        taken |= {first.name: one} if one else {}
    elif first is None:
        able = [slot for slot in group if rest[slot.name] and slot.name not in taken]
        if len(able) == 1:
            one = _one(able[0], rest[able[0].name], said)
            taken |= {able[0].name: one} if one else {}
    return taken


def _by_cue(group: Sequence[Slot], found: Mapping[str, list[Found]], said: str, moment: Moment) -> dict[str, Found]:
    """Values beside a word that only one slot's question uses: "born on", "arriving"."""
    reading = read(said, moment.language)
    taken: dict[str, Found] = {}
    for slot in group:
        own = [
            each
            for each in found[slot.name]
            if not each.plain
            and cued(slot, reading, each.start, each.end)
            and not any(cued(other, reading, each.start, each.end) for other in group if other.name != slot.name)
        ]
        one = _one(slot, own, said) if own else None
        if one is not None:
            taken[slot.name] = one
    return taken


def _in_order(ranked: Sequence[Slot], found: Mapping[str, list[Found]], said: str) -> dict[str, Found]:
    """Two values for two slots: "from the 3rd to the 5th"."""
    values = kept(found[ranked[0].name], said)
    if len({each.value for each in values}) != len(values) or not 2 <= len(values) <= len(ranked):
        return {}
    if not both_meant(values, said):
        return {}
    return {slot.name: each for slot, each in zip(ranked, values, strict=False)}


def _text(slot: Slot | None, whole: str, rest: str, moment: Moment) -> dict[str, Found]:
    """All that was said, if more than the other slots' values was."""
    more = [token for token in read(rest, moment.language).tokens if token.text not in _EMPTY_WORDS]
    found = texts.find(slot, whole, moment) if slot is not None and more else []
    return {slot.name: found[0]} if slot is not None and found else {}


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end
