"""Quantities in words: "a hundred and twenty", "two and a half", "a dozen", "1,200", "table for four"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from inference.nodes import Slot
from inference.slots import dates, times
from inference.slots.cues import counts_people, cued
from inference.slots.parsed import Found
from inference.slots.reading import MOST_FOUND, NEAR, Reading, Token, blank, read

if TYPE_CHECKING:
    from inference.flow.steps import Moment

_SCALES = {"hundred": 100, "thousand": 1000, "k": 1000, "grand": 1000, "million": 1_000_000, "billion": 10**9}
_WRITTEN = re.compile(r"\d{1,12}(?:\.\d{1,6})?|\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?")
_SPAN = re.compile(r"(\d{1,6})[-/](\d{1,6})")
_PHRASES = (
    (re.compile(r"(?<= )a couple (?:of )?hundred(?= )"), "200"),
    (re.compile(r"(?<= )half a dozen(?= )"), "6"),
    (re.compile(r"(?<= )(?:a dozen|1 dozen|dozen)(?= )"), "12"),
    (re.compile(r"(?<= )(?:a couple|a pair)(?= )"), "2"),
    (re.compile(r"(?<= )(?:none|nothing|nobody|no one|zero)(?= )"), "0"),
    (re.compile(r"(?<= )half(?= )(?! past)"), "0.5"),
)
_BEGINNINGS = frozenset({"minus", "negative", "a"})
_ALONE = re.compile(
    r"(?<= )(?:just me|only me|just the 1|only the 1|just myself|only myself|by myself|on my own|alone|myself)(?= )"
)
_ADULTS = re.compile(r"\s*(?:adults?|grown-?ups?|people|of us)?[\s,]*(?:and|plus|with)\s*", re.IGNORECASE)
_CHILDREN = re.compile(r"\s*(?:child|children|kids?|bab(?:y|ies)|toddlers?|infants?|teenagers?)\b", re.IGNORECASE)
_WE_TWO = re.compile(r"(?<= )(?:my (?:wife|husband|partner|friend|girlfriend|boyfriend) and (?:i|me|myself)"
                     r"|(?:me|myself) and my (?:wife|husband|partner|friend|girlfriend|boyfriend))(?= )")  # fmt: skip
_WE_BOTH = re.compile(r"(?<= )(?:both of us|us both|we both|the both of us)(?= )")
_ME_AND = re.compile(
    r"(?<= )(?:me|myself|i|us) (?:and|plus|with) (?:my )?(?P<n>\d{1,2}) (?:others?|friends?|kids?|children|colleagues?|mates|more"
    r"|guests?|people|sons|daughters|cousins|girls|boys|guys)(?= )"
)
_AND_A_CHILD = re.compile(
    r"(?<= )(?P<n>\d{1,2})(?: (?:adults?|people|of us|grown ups?))? (?:and|plus|with) an? (?:small |little )?"
    r"(?:baby|child|kid|toddler|infant|teenager|highchair)(?= )"
)
_COUPLES = re.compile(r"(?<= )(?P<n>\d{1,2}) couples(?= )")
_FOR_SO_MANY = re.compile(
    r" (?:table|booking|reservation|room|party|group|seats?) (?:for|of) $| there(?:'s| are| will be) $"
    r"| we(?:'ll be|'re| are| will be) $"
)
_OF_US = re.compile(r" (?:of us|people|persons?|guests?|adults?|diners)\b")
_RELATIVE = frozenset({"more", "fewer", "less", "extra", "additional", "other", "others"})
"""After a number they say by how many something changes."""
_ONE_OF = re.compile(r" (?:this|that|which|other|another|any|every|no|the|\d+th) $")


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every quantity, in the order of the words; days and times are none. Values are plain decimals."""
    for kind in (dates, times):
        for other in kind.find(_ANY, text, moment):
            if not other.plain and not _only_figures(text[other.start : other.end], moment):
                text = blank(text, other.start, other.end)
    reading = read(text, moment.language)
    people = counts_people(slot)
    found = [_known(slot, reading, each, people=people) for each in _quantities(reading)]
    taken = [(each.start, each.end) for each in found]
    patterns = _PHRASES + (((_ALONE, "1"), (_WE_TWO, "2")) if people else ())
    for pattern, value in patterns:
        match = pattern.search(reading.plain)
        if match:
            start, end = reading.origin(*match.span())
            if not any(start < other_end and other < end for other, other_end in taken):
                found.append(_known(slot, reading, Found(value, start, end, plain=True), people=people))
    reckoned = _reckoned(reading) if people else None
    if reckoned is not None:
        return [reckoned]
    found.sort(key=lambda each: each.start)
    return _and_children(found, text) if people else found


def _reckoned(reading: Reading) -> Found | None:
    """People who are added up: "me and three friends", "four and a baby", "three couples"."""
    for pattern, times_, more in ((_ME_AND, 1, 1), (_AND_A_CHILD, 1, 1), (_COUPLES, 2, 0)):
        match = pattern.search(reading.plain)
        if match:
            return Found(str(int(match["n"]) * times_ + more), *reading.origin(*match.span()))
    match = _WE_BOTH.search(reading.plain)
    return Found("2", *reading.origin(*match.span())) if match else None


_ANY = Slot("")


def _only_figures(words: str, moment: Moment) -> bool:
    """ "Two fifty" may be a quantity as well as a time."""
    return all(token.text.isdecimal() for token in read(words, moment.language).tokens)


def _and_children(found: list[Found], text: str) -> list[Found]:
    """ "Two adults and one child" are three people."""
    if len(found) != 2:
        return found
    first, second = found
    if not (_ADULTS.fullmatch(text[first.end : second.start]) and _CHILDREN.match(text[second.end :])):
        return found
    total = Decimal(first.value) + Decimal(second.value)
    return [Found(_plain(total), first.start, second.end, plain=first.plain and second.plain)]


def _known(slot: Slot, reading: Reading, each: Found, *, people: bool) -> Found:
    """Not plain, where the words around say what is counted."""
    before = read(reading.original[max(0, each.start - NEAR) : each.start]).plain
    after = read(reading.original[each.end : each.end + NEAR]).plain
    counted = people and (_FOR_SO_MANY.search(before) or _OF_US.match(after))
    known = bool(counted) or cued(slot, reading, each.start, each.end)
    return Found(each.value, each.start, each.end, each.sure, plain=not known)


def _quantities(reading: Reading) -> list[Found]:
    tokens = reading.tokens
    found: list[Found] = []
    index = 0
    while index < len(tokens) and len(found) < MOST_FOUND:
        value, after, sure = _quantity(tokens, index)
        if value is None:
            index += 1
            continue
        before = " " + " ".join(token.text for token in tokens[max(0, index - 2) : index]) + " "
        of_several = after < len(tokens) and tokens[after].text == "of"
        relative = after < len(tokens) and tokens[after].text in _RELATIVE
        if not relative and not (value == 1 and (of_several or _ONE_OF.search(before))):
            found.append(Found(_plain(value), tokens[index].start, tokens[after - 1].end, sure, plain=True))
        index = after
    return found


def _quantity(tokens: tuple[Token, ...], index: int) -> tuple[Decimal | None, int, bool]:
    """(the number that begins here, the token after it, whether that is exact)."""
    words = [token.text for token in tokens[index : index + 24]]
    if not words[0][0].isdigit() and words[0] not in _BEGINNINGS:
        return None, index, True
    negative = words[0] in ("minus", "negative")
    position = 1 if negative else 0
    span = _SPAN.fullmatch(words[position]) if position < len(words) else None
    if span:
        return Decimal(span[1]), index + position + 1, False
    if (hundreds := _hundreds(words, position)) is not None:
        return hundreds, index + position + 2, True
    whole, position = whole_number(words, position)
    if whole is None:
        return None, index, True
    if words[position : position + 1] == ["point"] and words[position + 1 : position + 2]:
        decimals: list[str] = []
        while position + 1 + len(decimals) < len(words):
            word = {"oh": "0", "o": "0"}.get(words[position + 1 + len(decimals)], words[position + 1 + len(decimals)])
            if not word.isdecimal():
                break
            decimals.append(word)
        if decimals:
            whole, position = Decimal(f"{whole}.{''.join(decimals)}"), position + 1 + len(decimals)
    elif words[position : position + 3] == ["and", "a", "half"]:
        whole, position = whole + Decimal("0.5"), position + 3
    elif words[position : position + 3] == ["and", "a", "quarter"]:
        whole, position = whole + Decimal("0.25"), position + 3
    return -whole if negative else whole, index + position, True


def _hundreds(words: list[str], position: int) -> Decimal | None:
    """ "Two fifty" is 250 as an amount."""
    first, second, *more = [*words[position : position + 3], "", ""]
    several = len(first) == 1 and len(second) == 2 and (first + second).isdecimal() and first != "0" and second >= "10"
    if not several or more[0].isdecimal() or more[0] in _SCALES:
        return None
    return Decimal(first + second)


def whole_number(words: list[str], position: int = 0) -> tuple[Decimal | None, int]:
    """ "2 hundred and 50 thousand" → 250000, and the position after it; digits said one by one stand side by side."""
    total, current, read_any = Decimal(0), Decimal(0), False
    start = position
    if words[position : position + 1] == ["a"] and words[position + 1 : position + 2] in (
        ["hundred"],
        ["thousand"],
        ["million"],
    ):
        current, position, read_any = Decimal(1), position + 1, True
    single: list[str] = []
    while position < len(words):
        word = words[position]
        if word in _SCALES and read_any:
            scale = _SCALES[word]
            if scale == 100:
                current = (current or Decimal(1)) * 100
            else:
                total, current = total + (current or Decimal(1)) * scale, Decimal(0)
            single = []
        elif word == "and" and read_any and words[position - 1] in _SCALES and _figure(words, position + 1) is not None:
            pass
        else:
            figure = _figure(words, position)
            if figure is None:
                break
            if read_any and words[position - 1] not in _SCALES and words[position - 1] != "and":
                if not (single and len(word) == 1):
                    break
                single.append(word)
                current = Decimal("".join(single))
            else:
                current = current + figure
                single = [word] if len(word) == 1 and position == start else []
            read_any = True
        position += 1
    return (total + current, position) if read_any else (None, start)


def _figure(words: list[str], position: int) -> Decimal | None:
    if position >= len(words) or not words[position].isascii() or not _WRITTEN.fullmatch(words[position]):
        return None
    return Decimal(words[position].replace(",", ""))


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
