"""What was promised and has still to be done by somebody: in the words in which it was promised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from channels_io.after.grounds import sentences_of, words_of
from channels_io.after.material import HIDDEN, Material

MOST: Final = 5
LONGEST: Final = 300
_PROMISE: Final = re.compile(
    r"\b(?:(?:call|calls|ring|rings|get|gets|phone|phones|write|writes|come|comes) (?:you |them |him |her )?back"
    r"|(?:we|i|they|he|she|somebody|someone|a colleague|colleague|team|doctor|technician|manager|department|advisor|librarian)"
    r"(?:'ll| will| shall| is going to| are going to) (?:then |also |soon |personally )?"
    r"(?:call|ring|phone|contact|send|e-?mail|mail|write|text|post|forward|refund|check|look into|find out|arrange|visit|come|let you know|follow up|make sure|prepare)"
    r"|(?:i|we)(?:'ve| have)? (?:pass|passed|take|taken|took|leave|left|give|gave|given) (?:this |that |it |the |your )*message)",
    re.IGNORECASE,
)
_AT_ONCE: Final = re.compile(
    r"\b(?:one moment|just a moment|right now|hold the line|hold on|put you through|connect you|transfer|let me|while you wait|a second|"
    r"shall i|should i|may i|can i|would you like|do you want|if you (?:like|want|wish))\b",
    re.IGNORECASE,
)
_SENDS: Final = re.compile(r"\b(?:send|sent|e-?mail|text|mail)\b", re.IGNORECASE)
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SOON: Final = frozenset({"today", "tonight", "hour", "minutes", "afternoon", "soon", "immediately", "shortly"})


@dataclass(frozen=True, slots=True)
class Promise:
    text: str
    due_on: date | None = None


def find_promises(material: Material) -> list[Promise]:
    """Each once. What the conversation itself has done already, such as a message that was sent, is none."""
    found: dict[str, Promise] = {}
    for line in material.lines:
        if line.who == "caller":
            continue
        for sentence in sentences_of(line.text):
            if is_promise(sentence) and not (material.wrote_to and _SENDS.search(sentence)):
                key = " ".join(words_of(sentence))
                found.setdefault(key, Promise(sentence[:LONGEST], due_day(sentence, material.today)))
    return list(found.values())[:MOST]


def is_promise(sentence: str) -> bool:
    """A question is an offer, and what happens within the conversation needs nobody afterwards."""
    if sentence.rstrip().endswith("?") or HIDDEN in sentence or _AT_ONCE.search(sentence):
        return False
    return bool(_PROMISE.search(sentence))


def due_day(sentence: str, today: date) -> date | None:
    words = set(words_of(sentence))
    if "tomorrow" in words:
        return today + timedelta(days=1)
    if words & _SOON:
        return today
    named: Mapping[str, int] = {day: number for number, day in enumerate(_DAYS)}
    weekday = next((number for day, number in named.items() if day in words), None)
    if weekday is None:
        return None
    return today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
