"""Cards, account numbers, e-mail addresses and telephone numbers in words that were said or written. Pure.

Digits may be spoken ("four two four two"), in groups, with blanks and dashes. What is hidden leaves its sort and, of
long numbers, the last four digits: "[card …4242]". A number that is said over two turns is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import phonenumbers

from channels_io.privacy.rules import Sort

DIGIT_WORDS: Final = {
    **dict(
        zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], "0123456789", strict=True)
    ),
    **dict(
        zip(
            ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
            "0123456789",
            strict=True,
        )
    ),
    **dict(
        zip(
            ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
            "0123456789",
            strict=True,
        )
    ),
    **dict(
        zip(["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"], "0123456789", strict=True)
    ),
    "oh": "0",
    "o": "0",
    "zwo": "2",
}
TIMES: Final = {"double": 2, "doppel": 2, "doble": 2, "triple": 3}
CARD: Final = range(13, 20)
IBAN: Final = range(15, 35)
SPOKEN_PHONE: Final = range(7, 16)
LONGEST: Final = 20_000
"""Characters that are looked at; words of one turn are far fewer."""

_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+", re.UNICODE)
_BETWEEN: Final = re.compile(r"[\s,.\-/–]{0,3}")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.UNICODE)
_SPOKEN_EMAIL: Final = re.compile(
    r"\b[\w+-]{1,40}(?:(?: dot |\.| underscore | dash )[\w+-]{1,40}){0,4} at [\w-]{1,40}(?:(?: dot |\.)[\w-]{1,40}){1,3}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` are a value of `sort`; `tail` are the digits that may be read."""

    start: int
    end: int
    sort: Sort
    tail: str = ""

    @property
    def label(self) -> str:
        name = {"card": "card", "iban": "account", "email": "e-mail", "phone": "phone"}[self.sort]
        return f"[{name} …{self.tail}]" if self.tail else f"[{name}]"


def masked(text: str, sorts: Collection[Sort]) -> str:
    """`text` with every value of `sorts` replaced by its label; the same text when there is none."""
    found = spans(text, sorts)
    for span in reversed(found):
        text = text[: span.start] + span.label + text[span.end :]
    return text


def masked_json(value: Any, sorts: Collection[Sort]) -> Any:
    """Every string within, keys left alone."""
    match value:
        case str():
            return masked(value, sorts)
        case dict():
            return {key: masked_json(each, sorts) for key, each in value.items()}
        case list() | tuple():
            return [masked_json(each, sorts) for each in value]
    return value


def spans(text: str, sorts: Collection[Sort]) -> list[Span]:
    """In order, apart from one another; where two overlap the one that comes first in FINDERS stays."""
    if not sorts or not text:
        return []
    looked_at = text[:LONGEST]
    taken: list[Span] = []
    for sort, find in FINDERS.items():
        if sort in sorts:
            for span in find(looked_at):
                if all(span.end <= other.start or other.end <= span.start for other in taken):
                    taken.append(span)
    return sorted(taken, key=lambda span: span.start)


# --- numbers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Digits:
    start: int
    end: int
    digits: str
    spoken: bool


def _runs(text: str) -> Iterator[list[_Digits]]:
    """Digits that follow each other with nothing but blanks and dashes between."""
    run: list[_Digits] = []
    times = (0, 1)
    for token in _TOKEN.finditer(text):
        word = token.group().lower()
        if word in TIMES:
            times = (token.start(), TIMES[word])
            if run and not _BETWEEN.fullmatch(text, run[-1].end, token.start()):
                yield run
                run = []
            continue
        digits = word if word.isdigit() and word.isascii() else DIGIT_WORDS.get(word, "")
        start = token.start()
        if times[1] > 1 and digits:
            start, digits = times[0], digits * times[1]
        times = (0, 1)
        if not digits or (run and not _BETWEEN.fullmatch(text, run[-1].end, start)):
            if run:
                yield run
            run = []
        if digits:
            run.append(_Digits(start, token.end(), digits, spoken=not word.isdigit()))
    if run:
        yield run


def _cards(text: str) -> Iterator[Span]:
    for run in _runs(text):
        first = 0
        while first < len(run):
            found = _card_at(run, first)
            if found is None:
                first += 1
                continue
            last, digits = found
            yield Span(run[first].start, run[last].end, "card", digits[-4:])
            first = last + 1


def _card_at(run: list[_Digits], first: int) -> tuple[int, str] | None:
    """The longest card number that begins with this token: index of its last token, digits."""
    digits, best = "", None
    for last in range(first, len(run)):
        digits += run[last].digits
        if len(digits) > CARD[-1]:
            break
        if len(digits) in CARD and digits[0] in "23456" and luhn(digits):
            best = (last, digits)
    return best


def luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        # What follows without a break may be words: the longest beginning that the check digits fit is it.
        for end in range(match.end(), match.start(), -1):
            plain = re.sub(r"[ -]", "", text[match.start() : end]).upper()
            if len(plain) < IBAN[0]:
                break
            if len(plain) in IBAN and text[end - 1].isalnum() and mod97(plain):
                yield Span(match.start(), end, "iban", plain[-4:])
                break


def mod97(iban: str) -> bool:
    """The check digits of account numbers (ISO 13616), given without blanks and in capitals."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        yield Span(match.start(), match.end(), "email")
    for match in _SPOKEN_EMAIL.finditer(text):
        yield Span(match.start(), match.end(), "email")


def _phones(text: str) -> Iterator[Span]:
    for match in phonenumbers.PhoneNumberMatcher(text, None, leniency=phonenumbers.Leniency.POSSIBLE):
        yield Span(match.start, match.end, "phone", match.raw_string[-2:])
    for run in _runs(text):
        digits = "".join(each.digits for each in run)
        spoken = any(each.spoken for each in run)
        # Written digits may as well be a date or an order: only long ones without a sign of that count.
        if len(digits) in SPOKEN_PHONE and (
            spoken or (len(digits) >= 9 and "/" not in text[run[0].start : run[-1].end])
        ):
            start = run[0].start
            yield Span(start - 1 if text[start - 1 : start] == "+" else start, run[-1].end, "phone", digits[-2:])


FINDERS: Final[dict[Sort, Callable[[str], Iterator[Span]]]] = {
    "card": _cards,
    "iban": _ibans,
    "email": _emails,
    "phone": _phones,
}
"""In the order of what is surest."""
