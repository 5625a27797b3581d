"""A day or a time that is known already, moved: "an hour later", "a day earlier", "push it back half an hour"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots.cues import cued
from inference.slots.days import later
from inference.slots.parsed import Found, Parsed
from inference.slots.picking import pick
from inference.slots.reading import MOST_CHARACTERS, NEAR, Reading, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_DAY = 24 * 60
_VAGUE = {"a": 1.0, "an": 1.0, "half an": 0.5, "half a": 0.5, "a couple of": 2.0}
_AMOUNT = (
    r"(?:(?P<quarters>quarter of an|a quarter of an|3 quarters of an) hour|"
    r"(?P<count>half an|half a|an?|a couple of|\d{1,3})(?P<more> and a half)? "
    r"(?P<unit>minutes?|mins?|hours?|days?|nights?|weeks?|fortnights?)(?P<half> and a half)?)"
)
_CLAUSE_ENDS = r"(?= (?:$|[,.;!?]|please|instead|if|then|would|works?|is|might|thanks?)(?: |$)| $)"
_THAN_NOW = r"(?! than (?!that\b|this\b))"
_LATER = rf"(?P<later>later{_THAN_NOW}|afterwards|after that|on from that|after{_CLAUSE_ENDS})"
_EARLIER = rf"(?P<earlier>(?:earlier|sooner){_THAN_NOW}|beforehand|before that|before{_CLAUSE_ENDS})"
_IT = r"(?:it|that|this|the \w+(?: \w+)?|everything|me|us)"
_RULES = (
    re.compile(rf"(?<= ){_AMOUNT} (?:{_LATER}|{_EARLIER})(?= )"),
    re.compile(rf"(?<= )(?P<later>(?:push|put|move|set) {_IT} back|(?:postpone|delay) {_IT})(?: by)? {_AMOUNT}(?= )"),
    re.compile(rf"(?<= )(?P<earlier>(?:bring|pull|move) {_IT} (?:forward|up))(?: by)? {_AMOUNT}(?= )"),
)
_NEIGHBOURS = (
    (re.compile(rf"(?<= )the (?:(?:next|following) day|day (?:after(?! tomorrow)|later)){_CLAUSE_ENDS}"), 1),
    (re.compile(rf"(?<= )the (?:day before(?! yesterday)|previous day){_CLAUSE_ENDS}"), -1),
    (re.compile(rf"(?<= )the (?:week after(?! next)|following week){_CLAUSE_ENDS}"), 7),
    (re.compile(rf"(?<= )the (?:week before|previous week){_CLAUSE_ENDS}"), -7),
)
_REFUSED = re.compile(r" (?:not|n't|never) (?:be |make it |do )?$")


def moved(slots: Sequence[Slot], values: Mapping[str, str], text: str, moment: Moment) -> dict[str, Parsed]:
    """Slot name → new value, of the days and times in `values` that the words move.

    Of several slots of a kind only the one is moved whose own words stand beside the amount ("arrive a day later").
    A time is not moved past midnight.
    """
    text = text[:MOST_CHARACTERS]
    reading = read(text, moment.language)
    result: dict[str, Parsed] = {}
    for kind, steps in (("date", _days(reading)), ("time", _minutes(reading))):
        known = [slot for slot in slots if slot.kind == kind and values.get(slot.name)]
        for start, end, amount in steps if known else ():
            slot = _meant(known, reading, start, end)
            value = _shifted(values[slot.name], amount, kind) if slot is not None else ""
            if slot is None or not value:
                continue
            found = Found(value, *reading.origin(start, end))
            chosen = pick([found], text)
            if chosen is not None:
                result[slot.name] = Parsed(chosen.value, text[chosen.start : chosen.end])
    return result


def _days(reading: Reading) -> Iterator[tuple[int, int, int]]:
    """(start, end, days) of each amount in days that is named."""
    for start, end, match, sign in _amounts(reading):
        count = _count(match)
        unit = match["unit"] or ""
        days = {"d": 1, "n": 1, "w": 7, "f": 14}.get(unit[:1], 0) * count
        if days and days == int(days):
            yield start, end, sign * int(days)
    for pattern, days in _NEIGHBOURS:
        for match in pattern.finditer(reading.plain):
            yield match.start(), match.end(), days


def _minutes(reading: Reading) -> Iterator[tuple[int, int, int]]:
    for start, end, match, sign in _amounts(reading):
        if match["quarters"]:
            yield start, end, sign * (45 if match["quarters"].startswith("3") else 15)
        elif match["unit"][:1] in "hm":
            yield start, end, sign * round(_count(match) * (60 if match["unit"].startswith("h") else 1))


def _amounts(reading: Reading) -> Iterator[tuple[int, int, re.Match[str], int]]:
    for pattern in _RULES:
        for match in pattern.finditer(reading.plain):
            if _REFUSED.search(reading.plain[max(0, match.start() - NEAR) : match.start()]):
                continue
            forward = "later" in pattern.groupindex and match["later"] is not None
            yield match.start(), match.end(), match, 1 if forward else -1


def _count(match: re.Match[str]) -> float:
    said = match["count"]
    if said is None:
        return 0.0
    count = _VAGUE[said] if said in _VAGUE else float(said)
    return count + (0.5 if match["more"] or match["half"] else 0.0)


def _meant(known: Sequence[Slot], reading: Reading, start: int, end: int) -> Slot | None:
    if len(known) == 1:
        return known[0]
    near = [slot for slot in known if cued(slot, reading, *reading.origin(start, end))]
    return near[0] if len(near) == 1 else None


def _shifted(value: str, amount: int, kind: str) -> str:
    """The value so many days or minutes on; "" where there is none."""
    if kind == "date":
        try:
            day = later(date.fromisoformat(value), amount, "days")
        except ValueError:
            return ""
        return day.isoformat() if day is not None else ""
    hour, _, minute = value.partition(":")
    if not (hour.isdigit() and minute.isdigit()):
        return ""
    minutes = int(hour) * 60 + int(minute) + amount
    return f"{minutes // 60:02}:{minutes % 60:02}" if 0 <= minutes < _DAY else ""
