"""A sentence made easy to match: lower case, number words as digits, no hesitation, and the way back to the original.

"Next Tuesday, at Half-Three" reads " next tuesday , at half 3 ". Ordinals all end in "th": "the third" → "the 3th".
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from inference.slots.tongues import translations

MOST_CHARACTERS = 2000
"""Of one utterance; what comes after is not read."""
MOST_FOUND = 40
"""Candidates of one kind that are looked for in one utterance."""
NEAR = 60
"""Characters before and after a value in which its surroundings are looked at."""

_TOKEN = re.compile(
    r"\d+(?:st|nd|rd|th)(?![^\W_])|\d+(?:[:.,/-]\d+)*|[ap]\.\s?m(?![^\W_])\.?"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*|[,.;:!?@+#&_/*]",
    re.IGNORECASE,
)
_PAUSE = re.compile(r"(?<=\w)(?:\.{2,}|…)(?=\s*\w)")
"""Dots of somebody who thinks: they end nothing."""
_HESITATION = frozenset({"um", "uh", "uhm", "er", "erm", "hmm", "ah", "eh"})

ONES = {
    "zero": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_HOURS_ISH = {word: str(number) for word, number in ONES.items() if 0 < number < 13} | {"fiv": "5", "nin": "9"}
_MISHEARD = {
    "tomorow": "tomorrow", "tommorow": "tomorrow", "tommorrow": "tomorrow", "tmrw": "tomorrow", "tmr": "tomorrow",
    "2moro": "tomorrow", "tonite": "tonight", "wensday": "wednesday", "wednsday": "wednesday", "wedensday": "wednesday",
    "tusday": "tuesday", "tuseday": "tuesday", "teusday": "tuesday", "thrusday": "thursday", "thurday": "thursday",
    "thursaday": "thursday", "saterday": "saturday", "satuday": "saturday",
}  # fmt: skip
"""As people write in a hurry."""


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as read; `original[start:end]` as said."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    original: str
    tokens: tuple[Token, ...]
    plain: str
    """The tokens with one blank between, before and after them."""
    starts: tuple[int, ...]
    """Where each token begins in `plain`."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of `plain[start:end]`, which holds at least one whole token."""
        first = bisect_left(self.starts, start)
        last = bisect_right(self.starts, max(end - 1, self.starts[first])) - 1
        return self.tokens[first].start, self.tokens[max(first, last)].end

    def said(self, first: int, last: int) -> str:
        """The original words of tokens `first` to `last`, both included."""
        return self.original[self.tokens[first].start : self.tokens[last].end]


@lru_cache(maxsize=32)
def read(text: str, language: str = "en") -> Reading:
    """`text` as its tokens."""
    original = _PAUSE.sub(lambda match: " " * len(match[0]), text[:MOST_CHARACTERS])
    english = language.split("-")[0] == "en"
    tokens = _translated(original, language) if not english else list(_tokens(original))
    tokens = [token for token in tokens if token.text not in _HESITATION]
    tokens = list(_numbers(_half_days(tokens)))
    starts, position = [], 1
    for token in tokens:
        starts.append(position)
        position += len(token.text) + 1
    plain = " " + " ".join(token.text for token in tokens) + " "
    return Reading(text[:MOST_CHARACTERS], tuple(tokens), plain, tuple(starts))


def _tokens(original: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(original):
        word = match[0].lower().replace("’", "'")
        if word[0] in "ap" and "." in word:
            word = word[0] + "m"
        elif word in _MISHEARD:
            word = _MISHEARD[word]
        elif word.endswith("ish") and word[:-3] in _HOURS_ISH:  # "fourish" is about four.
            yield Token(_HOURS_ISH[word[:-3]], match.start(), match.end() - 3)
            word = "ish"
        elif word[0].isdigit() and word[-1].isalpha():
            word = word[:-2] + "th"
        yield Token(word, match.start(), match.end())


def _translated(original: str, language: str) -> list[Token]:
    known = translations(language)
    found: list[Token] = []
    for token in _tokens(original):
        words = known.get(token.text, token.text).split()
        found += [Token(word, token.start, token.end) for word in words]
    return found


def _half_days(tokens: list[Token]) -> list[Token]:
    """ "3 p m" → "3 pm"."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        digits_before = len(joined) > 1 and (joined[-2].text[0].isdigit() or joined[-2].text in ONES | TENS)
        if token.text == "m" and before is not None and before.text in ("a", "p") and digits_before:
            joined[-1] = Token(before.text + "m", before.start, token.end)
        else:
            joined.append(token)
    return joined


def _numbers(tokens: list[Token]) -> Iterator[Token]:
    """Number words up to ninety-nine as digits, ordinals as "24th"."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        tens = TENS.get(token.text)
        index += 1
        if tens is not None and after is not None and 0 < ONES.get(after.text, 0) < 10:
            yield Token(str(tens + ONES[after.text]), token.start, after.end)
            index += 1
        elif tens is not None and after is not None and _ORDINALS.get(after.text, 10) < 10:
            yield Token(f"{tens + _ORDINALS[after.text]}th", token.start, after.end)
            index += 1
        elif tens is not None or token.text in ONES:
            yield Token(str(tens or ONES[token.text]), token.start, token.end)
        elif token.text in _ORDINALS:
            yield Token(f"{_ORDINALS[token.text]}th", token.start, token.end)
        else:
            yield token


def blank(text: str, start: int, end: int) -> str:
    """`text` with what stands there made into a break of the same length."""
    return text[:start] + ";".ljust(end - start)[: end - start] + text[end:]
