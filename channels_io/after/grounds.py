"""Whether what a model wrote stands in the transcript: by words, numbers, days and names. Pure.

Strict on purpose: a summary that says less is better than one that says what nobody said. Numbers in words are read in
English; in other languages digits, names and words decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE: Final = re.compile(r"[^.!?。！？]+(?:[.!?。！？]+(?=\s|$)|\.(?=\d)[^.!?]*)*[.!?。！？]*")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_UNITS: Final = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS: Final = {
    word: 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_REPORTING: Final = frozenset(
    [
        "caller",
        "callers",
        "agent",
        "agents",
        "colleague",
        "customer",
        "client",
        "patient",
        "guest",
        "person",
        "people",
        "user",
        "someone",
        "somebody",
        "asked",
        "asks",
        "asking",
        "ask",
        "wanted",
        "wants",
        "want",
        "called",
        "calls",
        "call",
        "calling",
        "about",
        "told",
        "tells",
        "said",
        "says",
        "saying",
        "confirmed",
        "confirms",
        "provided",
        "provides",
        "gave",
        "gives",
        "given",
        "requested",
        "requests",
        "request",
        "inquired",
        "inquires",
        "conversation",
        "chat",
        "information",
        "regarding",
        "answered",
        "answers",
        "answer",
        "explained",
        "explains",
        "offered",
        "offers",
        "received",
        "receives",
        "informed",
        "informs",
        "wished",
        "wishes",
        "spoke",
        "speaks",
        "talked",
        "mentioned",
        "mentions",
        "stated",
        "states",
        "that",
        "this",
        "these",
        "those",
        "with",
        "from",
        "they",
        "them",
        "their",
        "there",
        "then",
        "than",
        "would",
        "like",
        "were",
        "have",
        "been",
        "being",
        "after",
        "before",
        "also",
        "which",
        "when",
        "where",
        "what",
        "while",
        "need",
        "needs",
        "needed",
        "needing",
        "successfully",
        "ended",
        "ends",
        "into",
        "could",
        "should",
        "will",
        "shall",
        "question",
        "questions",
        "concerning",
        "however",
        "only",
        "made",
        "make",
        "makes",
        "gets",
        "some",
        "more",
        "very",
        "does",
        "doing",
        "done",
        "during",
        "reached",
        "contacted",
        "contact",
        "help",
        "helped",
        "helping",
        "looking",
        "looked",
        "phone",
        "behalf",
        "because",
        "until",
        "over",
        "your",
        "yours",
    ]
)
"""What a summary may say of anybody's conversation."""
STEM: Final = 5
_ENDINGS: Final = ("ings", "ing", "ed", "es", "s", "ly", "er", "ers")
ENOUGH: Final = 0.65
"""Share of a sentence's own words that must have been said."""


def words_of(text: str) -> list[str]:
    return [word.replace("’", "'").casefold() for word in _WORD.findall(text)]


def sentences_of(text: str) -> list[str]:
    return [found.strip() for found in _SENTENCE.findall(" ".join(text.split())) if _WORD.search(found)]


def stem(word: str) -> str:
    """The beginning that the forms of a word share: "booking", "booked", "books" → "book"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)[:STEM]
    return word[:STEM]


def stems_of(text: str) -> set[str]:
    return {stem(word) for word in words_of(text)}


def numbers_in(text: str) -> set[str]:
    """Every number said, in digits without leading zeros: "half past three, 25 dollars, twenty five" → {"3", "25", "20", "5"}."""
    found: set[str] = set()
    for number in _NUMBER.findall(text):
        found |= {_plain(number), *(_plain(part) for part in re.split(r"[.,]", number))}
    run: list[int] = []
    for word in [*re.split(r"[^a-z]+", text.casefold()), ""]:
        value = _UNITS.get(word, _TENS.get(word, _ORDINALS.get(word)))
        if value is not None:
            run.append(value)
        elif word == "hundred" and run:
            run[-1] *= 100
        elif word != "and":
            found |= _told(run)
            run = []
    return found


def _told(run: list[int]) -> set[str]:
    """What a run of number words may mean: each, tens with the unit after them, the sum, the digits in a row."""
    if not run:
        return set()
    found = {str(value) for value in run} | {str(sum(run)), "".join(map(str, run)).lstrip("0") or "0"}
    for left, right in zip(run, run[1:], strict=False):
        if left % 10 == 0 and 20 <= left < 100 and right < 10:
            found.add(str(left + right))
    return found


def _plain(number: str) -> str:
    whole = number.replace(",", "").lstrip("0") or "0"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def phrase_said(phrase: str, text: str) -> bool:
    """Whether these words stand in the text, in this order and next to each other, in one line."""
    wanted = words_of(phrase)
    if not wanted:
        return False
    for line in text.splitlines():
        said = words_of(line)
        if any(said[start : start + len(wanted)] == wanted for start in range(len(said) - len(wanted) + 1)):
            return True
    return False


def number_said(value: float, text: str) -> bool:
    return f"{value:.10g}" in numbers_in(text)


def topic_said(topic: str, text: str) -> bool:
    """Whether any telling word of `topic` was said, in any form of it."""
    telling = {stem(word) for word in words_of(topic) if len(word) > 3 and word not in _REPORTING}
    return bool(telling & stems_of(text))


def date_said(day: date, text: str, today: date) -> bool:
    """Whether somebody has named this day: by its date, its weekday within two weeks, or as today, tomorrow, yesterday."""
    words = set(words_of(text))
    near = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
    if any(word in words and day == today + timedelta(days=days) for word, days in near.items()):
        return True
    if _DAYS[day.weekday()] in words and timedelta(days=-7) <= day - today <= timedelta(days=14):
        return True
    numbers = numbers_in(text) | {found[1] for found in re.finditer(r"\b(\d{1,2})(?:st|nd|rd|th)\b", text)}
    if str(day.day) not in numbers:
        return False
    month = _MONTHS[day.month - 1]
    return month in words or month[:3] in words or bool(_written(day) & set(re.findall(r"\d+(?:[-/.]\d+)+", text)))


def _written(day: date) -> set[str]:
    forms = {day.isoformat()}
    for sign in "-/.":
        for first, second in ((day.day, day.month), (day.month, day.day)):
            for pair in (f"{first}{sign}{second}", f"{first:02}{sign}{second:02}"):
                forms |= {pair, f"{pair}{sign}{day.year}", f"{pair}{sign}{day.year % 100:02}"}
    return forms


def grounded(sentence: str, text: str, known: Iterable[str] = ()) -> bool:
    """Whether a sentence about a conversation says nothing that `text` and the `known` values do not say."""
    source = "\n".join([text, *known])
    if "•" in sentence or not numbers_in(sentence) - {"1"} <= numbers_in(source):
        return False
    said = set(words_of(source))
    names = [word for word in _WORD.findall(sentence)[1:] if word[0].isupper() and len(word) > 1]
    stems = {stem(word) for word in said}
    if any(
        name.casefold() not in said and name.casefold() not in _REPORTING and not _form_of(name, said) for name in names
    ):
        return False
    own = [word for word in words_of(sentence) if len(word) > 3 and word not in _REPORTING and not word.isdigit()]
    own = [word for word in own if word not in _UNITS and word not in _TENS and word not in _ORDINALS]
    if not own:
        return False
    return sum(stem(word) in stems for word in own) / len(own) >= ENOUGH


def _form_of(name: str, said: set[str]) -> bool:
    """ "Peter's" of "Peter"."""
    return name.casefold().removesuffix("'s").removesuffix("’s") in said
