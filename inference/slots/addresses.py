"""Postal addresses: kept as said, with the numbers as figures and the post code in one piece."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots.numbers import whole_number
from inference.slots.parsed import Found
from inference.slots.reading import read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_INTRODUCED = re.compile(
    r"\b(?:(?:my|the|our|home|delivery|billing|postal)\s+)*address(?:'s| is|:)\s+(?:it's )?|\b(?:i|we) live (?:at|"
    r"on|in)\s+"
    r"|\b(?:send|deliver|ship|post|bring) (?:it|them|that) to\s+",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:yes|yeah|sure|okay|ok|um|uh|er|well|so|it'?s|it is|that'?s|that is|no|sorry|actually|that would be|"
    r"at|to)[\s,.:]+)+",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|place|square|way|crescent|terrace|gardens|"
    r"grove|hill|"
    r"boulevard|blvd|row|mews|park|walk|view|highway|apartment|apt|flat|suite|unit|house|farm|cottage|straße|strasse|"
    r"platz|weg|gasse|allee|rue|calle|via|laan|straat|rua|\w+(?:straße|strasse|straat|weg|gasse))\b",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s,]*(?:please|thank you|thanks|that's it|that's all)?[\s.,!]*$", re.IGNORECASE)
_SAID_NUMBER = re.compile(
    r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[ -](?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|and(?= \w)))*\b",
    re.IGNORECASE,
)
_SPELLED_CODE = re.compile(r"\b(?=(?:[A-Za-z0-9] ){2}[^,]*\d)(?:[A-Za-z] ){1,2}\d(?: [A-Za-z0-9]){2,5}\b")
_LONGEST = 300


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """The whole of what was said after "my address is" or as the answer."""
    introduced = _INTRODUCED.search(text)
    lead = _LEAD.match(text)
    start = introduced.end() if introduced else lead.end() if lead else 0
    tail = _TAIL.search(text, start)
    end = tail.start() if tail else len(text)
    said = text[start:end]
    if len(said.split()) < 2 or len(said) > _LONGEST:
        return []
    number = any(token.text[0].isdigit() for token in read(said, moment.language).tokens)
    street = _STREET.search(said) is not None
    if not number and not street and len(said.split()) > 6:
        return []
    value = _SPELLED_CODE.sub(lambda match: match[0].replace(" ", "").upper(), _figures(said))
    return [Found(value, start, end, sure=number and street, plain=not (introduced and (number or street)))]


def _figures(said: str) -> str:
    """ "Twelve Elm Street" → "12 Elm Street"."""

    def figure(match: re.Match[str]) -> str:
        words = [token.text for token in read(match[0]).tokens]
        value, after = whole_number(words)
        if value is not None and after == len(words):
            return str(int(value))
        digits = ["0" if word == "oh" else word for word in words]
        return "".join(digits) if all(digit.isdigit() for digit in digits) else match[0]

    return _SAID_NUMBER.sub(figure, said)
