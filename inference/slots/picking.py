"""Which of several candidates is meant: not the one that was denied, and of two the one that came after "no, wait"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from inference.slots.parsed import Found

_DENIED = re.compile(
    r"(?:\bnot|\b(?:is|was|does|do|did|ca|wo|should|would)n['’]t(?: (?:do|make|be|want|work|come|have|mean|say|"
    r"like))?|\bnever|\bexcept(?: for)?"
    r"|\banything but|\brather than|\binstead of|\bother than|\bno longer)\s+(?:(?:on|at|for|the|a|an|this|next|"
    r"in|from|is|it|want|need|any)\s+)*$",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"(?:\b(?:no|nope|sorry|wait|actually|i mean|i meant|i said|rather|scratch that|correction|make (?:that|it)|"
    r"let['’]s say"
    r"|change (?:that|it) to|not|hang on|or rather|but)\b)",
    re.IGNORECASE,
)
_MOVES = re.compile(r"\b(?:mov|chang|re-?schedul|switch|shift|push|postpon|bring)(?:e|ing)?\b[^.?!]*$", re.IGNORECASE)
_ONTO = re.compile(r"\s*(?:at \w+ )?(?:on)?to\s+(?:the\s+)?", re.IGNORECASE)
"""From one value to another: "move it from Tuesday to Thursday"."""
_OR_ELSE = re.compile(r"[\s,]*or\b(?! so\b| something\b)", re.IGNORECASE)
_WINDOW = 60
BUSY = re.compile(
    r"^s?\W*(?:(?:is|are|was) (?:no good|not|bad|out|impossible|difficult|hard|taken|full)|(?:isn't|aren't|doesn't|don't|won't)\b"
    r"|(?:i|we|he|she|they)(?:'m| am| are|'re)? (?:\w+ )?(?:work|works|working|busy|away|out|asleep|sleep|at work|at school|"
    r"can't|cannot|don't|have (?:to|a|my)|haven't))\b",
    re.IGNORECASE,
)
"""After a day or a time: the caller is not free then."""
_BUSY_BEFORE = re.compile(
    r"\b(?:busy|away|working|at work|booked|not free|not available|can['’]t (?:do|make|come|manage)|abroad|out"
    r"|(?:have|have got|got|['’]ve) (?:a|an|my|the) (?:\w+ )?\w+)\s+(?:(?:on|at|from|until|till|the|this)\s+)*$",
    re.IGNORECASE,
)


def kept(found: Sequence[Found], text: str) -> list[Found]:
    """The candidates that were not denied and not taken back, in the order of the words."""
    said = [each for each in sorted(found, key=lambda each: each.start) if not denied(each, text)]
    said = [each for each in said if not _taken(each, text)] or said
    for index in range(len(said) - 1, 0, -1):
        between = text[said[index - 1].end : said[index].start]
        if corrects(between) or (_ONTO.fullmatch(between) and _MOVES.search(text[: said[index - 1].start])):
            return said[index:]
    return said


def pick(found: Sequence[Found], text: str) -> Found | None:
    """The one that is meant; a guess when several remain."""
    said = kept(found, text)
    unmistakable = [each for each in said if not each.plain and each.sure]
    said = unmistakable or [each for each in said if not each.plain] or said
    if not said:
        return None
    one_of_several = len({each.value for each in said}) > 1 or _OR_ELSE.match(text, said[0].end)
    return replace(said[0], sure=False) if one_of_several else said[0]


def longest(found: Sequence[Found], text: str, fits: Callable[[str], bool]) -> Found | None:
    """Of digits: the longest that fits, after those that were taken back."""
    return max(kept(found, text), key=lambda each: (fits(each.value), len(each.value)), default=None)


def corrects(words: str) -> bool:
    """Whether words between two values take the first back."""
    return _CORRECTS.search(words) is not None


def denied(each: Found, text: str) -> bool:
    """ "Not Tuesday", "anything but the morning"."""
    return _DENIED.search(text[max(0, each.start - _WINDOW) : each.start]) is not None


def _taken(each: Found, text: str) -> bool:
    """ "Friday I'm away", "I have a meeting at ten"."""
    before = text[max(0, each.start - _WINDOW) : each.start]
    return BUSY.match(text[each.end :]) is not None or _BUSY_BEFORE.search(before) is not None


def both_meant(found: Sequence[Found], text: str) -> bool:
    """Whether the candidates are two values, "from the 3rd to the 5th", not one of two, "the 3rd or the 5th"."""
    pairs = zip(found, found[1:], strict=False)
    return not any(re.search(r"\bor\b", text[one.end : other.start], re.IGNORECASE) for one, other in pairs)
