"""Choices that are ruled out, and choices by the hour: "not before lunch", "afternoons I work", "around nine". English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots import times
from inference.slots.parsed import Found
from inference.slots.picking import BUSY

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_RULED_OUT = re.compile(
    r"\b(?:not|no|never|anything but|anytime but|any time but|except|except for|rather than|instead of|but not|without)"
    r"(?: (?:in|at|on|the|a|an|too|so|that|very|really|for|it's|is|any|going to|be))*\s*$"
)
_PARTS = (("morning", range(5, 12)), ("noon", range(12, 13)), ("afternoon", range(12, 18)), ("evening", range(17, 22)),
          ("night", range(20, 24)))  # fmt: skip
_COMPARED = (
    (re.compile(r"\bthe (?:earlier|sooner) the better\b|\bas early as\b"), "morning"),
    (re.compile(r"\bthe later the better\b|\bas late as\b|\brather late(?:r)?\b|\b(?:not|nothing) (?:too|so) early\b"
                r"|\blater (?:in|on) \b"), "afternoon"),
)  # fmt: skip
_TAKEN = re.compile(r"\b(?:until|till|work|working|busy|finish|open|close)\b")
"""A time that is told of something else."""
_HOUR = Slot("hour", "time", minimum=7, maximum=21)


def standing(slot: Slot, found: Sequence[Found], text: str) -> list[Found]:
    """Those that the caller does not rule out; with all but one ruled out, that one."""
    lower = text.lower().replace("’", "'")
    out = {each.value for each in found if _is_out(each, lower)}
    left = [each for each in found if each.value not in out]
    others = [choice.value for choice in slot.choices if choice.value not in out]
    if out and not left and len(others) == 1:
        before = _RULED_OUT.search(lower[: found[0].start])
        return [replace(found[0], value=others[0], start=before.start() if before else found[0].start)]
    return left


def by_hour(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """A clock time, where the choices are parts of the day; or the earlier or later of them."""
    parts, lower = _parts_of(slot), text.lower()
    if len(parts) < 2 or _TAKEN.search(lower):
        return []
    for pattern, part in _COMPARED:
        match = pattern.search(lower)
        if match and part in parts:
            return [Found(parts[part], match.start(), match.end(), plain=True)]
    found = times.find(_HOUR, text, moment)
    hours = {part for each in found for part, hours in _PARTS if int(each.value[:2]) in hours and part in parts}
    values = {parts[part] for part in hours}
    return [Found(values.pop(), found[0].start, found[0].end, plain=True)] if len(values) == 1 else []


def _parts_of(slot: Slot) -> dict[str, str]:
    found: dict[str, str] = {}
    for choice in slot.choices:
        name = f"{choice.value} {choice.label}".lower()
        for part, _ in _PARTS:
            if re.search(rf"\b{part}", name):
                found.setdefault(part, choice.value)
    return found


def _is_out(found: Found, lower: str) -> bool:
    before, after = lower[: found.start], lower[found.end :]
    return bool(_RULED_OUT.search(before) or BUSY.match(after))
