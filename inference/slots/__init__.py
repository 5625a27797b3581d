"""What callers say → values: "next Tuesday at half three" is a date and a time. Pure; nothing here raises.

One file per kind of value. English in full; in other languages digits, addresses, written dates and the words of
`tongues` are understood and everything else is left to the model.
"""

from __future__ import annotations

from inference.slots.agreeing import yes_no
from inference.slots.correcting import is_correction
from inference.slots.declining import declines
from inference.slots.finding import expects_of, find_all, parse
from inference.slots.instead import instead
from inference.slots.parsed import Parsed
from inference.slots.problems import check, problem_text
from inference.slots.saying import read_back, spoken
from inference.slots.shifting import moved

__all__ = [
    "Parsed",
    "check",
    "declines",
    "expects_of",
    "find_all",
    "instead",
    "is_correction",
    "moved",
    "parse",
    "problem_text",
    "read_back",
    "spoken",
    "yes_no",
]
