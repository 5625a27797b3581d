"""A bare number that takes back a known one: "so five", "nine would be better". Which one, the words around it say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from inference.nodes import Slot, SlotKind
from inference.slots.cues import counts_people
from inference.slots.digits import runs
from inference.slots.parsed import Parsed
from inference.slots.problems import check
from inference.slots.reading import Reading, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_BARE_KINDS: frozenset[SlotKind] = frozenset({"time", "number"})
_PEOPLE = re.compile(
    r"\b(?:we(?:'re| are|'ll be| will be)|for|of us|people|persons?|guests?|friends?|lads?|guys|girls?|boys?|mates?|kids?|child(?:ren)?|bab(?:y|ies)|wife|husband"
    r"|partner|son|daughter|sister|brother|mum|mom|dad|mother|father|parents?|cousins?|aunt|uncle|neighbou?rs?|colleagues?"
    r"|family|couple|everyone|everybody|some(?:one|body)|(?:isn't|aren't|is not|not|also) coming|dropp(?:ed|ing) out|join(?:s|ed|ing)?"
    r"|(?:one|two|three) (?:more|less|fewer)|cancelled|bring(?:s|ing)?)\b"
)
_CLOCK = re.compile(
    r"\b(?:o'clock|am|pm|half|quarter|past|hour|later|earlier|sooner|early|late|time|at|by|around|before|after|work|traffic"
    r"|train|bus|school|drop|finish|start|meeting)\b"
)
_CHANGES_BY = re.compile(
    r"\b(?P<n>one|two|three|four|five|six|an?|another) (?:\w+ )?(?P<way>more|extra|additional|fewer|less)\b"
    r"|\b(?P<plus>another|an extra) (?:person|guest|one|chair|seat|place|friend|child|adult)\b"
)
_AT_THE_END = re.compile(r"\b(?:ends?|ending|last|at the end|final|tail)\b")
_MOST_OF_AN_END = 6
_SMALL = {"one": 1, "a": 1, "an": 1, "another": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
Parse = Callable[[Slot, str, "Moment"], Parsed | None]


def instead(
    known: Sequence[Slot], values: Mapping[str, str], text: str, moment: Moment, parse: Parse
) -> dict[str, Parsed]:
    """Slot name → the new value, for the one known time or number that a bare number may be meant for; else nothing.

    Of a time and a number it is the one whose old value is named too ("not eight, nine"), or that the words around
    are about; without any sign the time, of which people speak without saying so.
    """
    lower = text.lower().replace("’", "'")
    found: dict[str, Parsed] = {}
    for slot in known:
        if slot.kind not in _BARE_KINDS or not values.get(slot.name):
            continue
        parsed = parse(slot, text, moment) or _changed_by(slot, values[slot.name], lower)
        if parsed is not None and parsed.value != values[slot.name] and not check(slot, parsed.value, moment):
            found[slot.name] = parsed
    if not found:
        return _other_end(known, values, text, moment)
    if len(found) < 2:
        return found
    named = [slot for slot in known if slot.name in found and _names(values[slot.name], read(text, moment.language))]
    people = _PEOPLE.search(lower) is not None and _CLOCK.search(lower) is None
    able = [slot for slot in known if slot.name in found]
    meant = named or [slot for slot in able if (counts_people(slot) if people else slot.kind == "time")]
    return {meant[0].name: found[meant[0].name]} if len(meant) == 1 else {}


def _other_end(known: Sequence[Slot], values: Mapping[str, str], text: str, moment: Moment) -> dict[str, Parsed]:
    """ "It ends in 42": the last figures of the one telephone number or code, said anew."""
    said = runs(read(text, moment.language))
    able = [slot for slot in known if slot.kind in ("phone", "digits") and values.get(slot.name)]
    if len(able) != 1 or len(said) != 1 or not _AT_THE_END.search(text.lower()):
        return {}
    value, end = values[able[0].name], said[0].digits
    if len(end) > _MOST_OF_AN_END or len(end) >= len(value) or value.endswith(end):
        return {}
    return {able[0].name: Parsed(value[: -len(end)] + end, text[said[0].start : said[0].end])}


def _names(value: str, reading: Reading) -> bool:
    """Whether the old value is said: "20:00" as "8" or "20"."""
    hour = value.partition(":")[0].lstrip("0")
    said = {token.text for token in reading.tokens}
    return value in said or (":" in value and hour.isdigit() and not said.isdisjoint({hour, str(int(hour) % 12 or 12)}))


def _changed_by(slot: Slot, value: str, lower: str) -> Parsed | None:
    """So many people more or fewer."""
    match = _CHANGES_BY.search(lower) if counts_people(slot) and value.isdigit() else None
    if match is None:
        return None
    amount = _SMALL[match["n"]] if match["n"] else 1
    changed = int(value) + (-amount if match["way"] in ("fewer", "less") else amount)
    return Parsed(str(changed), match[0]) if changed > 0 else None
