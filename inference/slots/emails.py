"""E-mail addresses, written or said: "ona at garden dot com", "j underscore hill at g mail dot com"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.normalize.vocabulary import word_set
from inference.slots.letters import spelled
from inference.slots.parsed import Found
from inference.slots.reading import Reading, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

WRITTEN = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+%-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,24}(?![\w-])"
)
_SIGNS = {
    "dot": ".", "point": ".", "period": ".", ".": ".", "underscore": "_", "_": "_", "dash": "-", "hyphen": "-",
    "minus": "-", "plus": "+", "+": "+",
}  # fmt: skip
_AT = frozenset({"at", "@"})
_PROVIDERS = {
    "gmail": "com", "googlemail": "com", "hotmail": "com", "outlook": "com", "yahoo": "com", "icloud": "com",
    "aol": "com", "live": "com", "proton": "me", "protonmail": "com", "gmx": "net", "msn": "com",
}  # fmt: skip
_ENDINGS = word_set(
    "com org net info io co uk de eu edu gov me app dev fr es it nl be ch at ie us ca au nz in pl se no dk fi "
    "pt biz online shop store site name mail email cloud tech health dental care clinic ac ltd plc"
)
_STOPS = word_set(
    "is it's its email mail address my me to the that's that yes yeah yep sure okay ok so well please at on use "
    "send contact reach write under be would for ; : , ! ? you can i it and um uh with are this actually no "
    "sorry mean work personal one best know here as just"
)
"""Nothing of the name in front of "at"."""
_HOW_WRITTEN = re.compile(
    r",?\s*(?:(?:that['’]?s|it['’]?s|is|and)\s+)*(?:all\s+)?(?:(?:in\s+)?(?P<joined>one\s+word|no\s+spaces?)"
    r"|lower\s?-?case|small\s+letters|together|the\s+(?:number|digit|letter))\b,?",
    re.IGNORECASE,
)
"""How the name is written, not what it is: "all one word"."""
_DROPPED = frozenset({"capital", "uppercase"})
_MOST_WORDS = 8


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every address. A name of several words is a guess: nobody says whether there is a dot between them."""
    found = [Found(match[0].lower(), match.start(), match.end()) for match in WRITTEN.finditer(text)]
    if found:
        return found
    exact = any(match["joined"] for match in _HOW_WRITTEN.finditer(text))
    reading = read(_HOW_WRITTEN.sub(lambda match: " " * len(match[0]), text), moment.language)
    for index, token in enumerate(reading.tokens):
        if token.text in _AT and index > 0:
            address = _around(reading, index)
            if address is not None:
                found.append(replace(address, sure=address.sure or exact))
    return found


def _around(reading: Reading, at: int) -> Found | None:
    """The address whose "at" is this token."""
    domain, after, guessed = _domain(reading, at + 1)
    first = _name_begins(reading, at)
    if not domain or first == at:
        return None
    local, exact = _local(reading, first, at)
    if not local:
        return None
    start, end = reading.tokens[first].start, reading.tokens[after - 1].end
    return Found(f"{local}@{domain}".lower(), start, end, sure=exact and not guessed)


def _domain(reading: Reading, index: int) -> tuple[str, int, bool]:
    """(what follows "at", the token after it, whether the ending was guessed)."""
    words = [token.text for token in reading.tokens[index : index + 2 * _MOST_WORDS]]
    text, used, ended = "", 0, 0
    for position, word in enumerate(words):
        dot = _is_dot(reading, index + position)
        if dot and text and position + 1 < len(words) and _plain(words[position + 1]):
            text += "."
        elif word in _SIGNS and _SIGNS[word] != "." and text:
            text += _SIGNS[word]
        elif _plain(word) and not (ended and not text.endswith(".")) and (text or word not in _AT):
            text += word.replace("'", "")
        else:
            break
        last = text.rpartition(".")[2]
        if "." in text and last in _ENDINGS:
            used, ended = position + 1, len(text)
    if ended:
        return text[:ended].replace("..", "."), index + used, False
    for count in (1, 2):
        name = "".join(words[:count])
        if name in _PROVIDERS:
            return f"{name}.{_PROVIDERS[name]}", index + count, True
    return "", index, False


def _is_dot(reading: Reading, index: int) -> bool:
    """A said dot, or a written one with no blank after it: that would end a sentence."""
    token = reading.tokens[index]
    if token.text != ".":
        return _SIGNS.get(token.text) == "."
    return index + 1 < len(reading.tokens) and reading.tokens[index + 1].start == token.end


def _plain(word: str) -> bool:
    return word.isascii() and word.replace("'", "").isalnum()


def _name_begins(reading: Reading, at: int) -> int:
    """The first token of the name in front of "at"."""
    first = at
    while first > 0 and at - first < 3 * _MOST_WORDS:
        word = reading.tokens[first - 1].text
        single = len(word) == 1 and word.isalnum()
        comma = word == "," and first - 1 > 0 and _beside_letters(reading, first - 1)
        sign = word in _SIGNS and (word != "." or _is_dot(reading, first - 1))
        if not (single or comma or sign or (_plain(word) and word not in _STOPS)):
            break
        first -= 1
    while first < at and reading.tokens[first].text in (",", ".", "-"):
        first += 1
    return first


def _beside_letters(reading: Reading, comma: int) -> bool:
    """Commas between spelled letters part nothing: "O, N, A at ..."."""
    after = reading.tokens[comma + 1].text if comma + 1 < len(reading.tokens) else ""
    return len(reading.tokens[comma - 1].text) == 1 or len(after) == 1 or after in _AT | _DROPPED


def _local(reading: Reading, first: int, at: int) -> tuple[str, bool]:
    """(the name in front of "at", whether it is exact)."""
    runs = {run.first: run for run in spelled(reading, fewest=2)}
    pieces: list[str] = []
    words, index = 0, first
    while index < at:
        word = reading.tokens[index].text
        run = runs.get(index)
        if run is not None and run.last < at and run.letters:
            said = run.text.lower()
            if pieces and said.startswith(pieces[-1][:1]) and abs(len(said) - len(pieces[-1])) <= 2:
                pieces[-1] = said  # "Ona, O N A": the word was spelled after it was said.
            else:
                pieces.append(said)
            index = run.last + 1
            continue
        if word in _SIGNS:
            pieces.append(_SIGNS[word])
        elif _plain(word) and word not in _DROPPED:
            words += not word.isdigit() and bool(pieces) and pieces[-1] not in _SIGNS.values()
            pieces.append(word.replace("'", ""))
        index += 1
    return re.sub(r"\.{2,}", ".", "".join(pieces)).strip(".-+"), words == 0
