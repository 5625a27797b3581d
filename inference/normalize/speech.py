"""`speakable`: written text → what the voice is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from num2words import num2words

from inference.normalize import contact, dates, letters, quantities
from inference.normalize.leaks import LeakFilter
from inference.normalize.markdown import EMOJI, MarkdownFilter
from inference.spec import Pronunciation

_SLOTS = 0xF0000
"""Pronounced words travel through the rules as single private-use characters, which input cannot hold."""
_MAX_SLOTS = 0xFFFD
_DAY_FIRST = frozenset({"en-gb", "en-au", "en-nz", "en-ie", "en-in", "en-za"})
_MAX_FOREIGN_DIGITS = 8
_BROKEN_LANGUAGES = frozenset({"am"})
"""num2words 0.5.14 never returns for Amharic numbers above a million."""
_NUM2WORDS_FAILURES = (NotImplementedError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)

_SIGNS = (
    (re.compile(r"(?<=\b[CF])#"), " sharp"),
    (re.compile(r"(?<!\w)@(?=\w)"), "at "),
    (re.compile(r"(?<!\w)#(?=[^\W\d])"), "hashtag "),
    (re.compile(r"(?<!\w)~ ?(?=\w)"), "about "),
    (re.compile(r" ?[≈] ?"), " about "),
    (re.compile(r" ?& ?"), " and "),
    (re.compile(r"\band/or\b"), "and or"),
    (re.compile(r" ?(?:→|⇒|➔|->|=>) ?"), " to "),
    (re.compile(r" ?(?:≤|<=) ?"), " at most "),
    (re.compile(r" ?(?:≥|>=) ?"), " at least "),
    (re.compile(r" ?≠ ?"), " is not equal to "),
    (re.compile(r" ?= ?(?!=)"), " equals "),
    (re.compile(r" ?± ?"), " plus or minus "),
    (re.compile(r" ?÷ ?"), " divided by "),
    (re.compile(r" ?× ?|(?<=\w) \* (?=\w)|(?<=\w)\*(?=\w)"), " times "),
    (re.compile(r"(?<=\w)\+(?!\w)|(?<!\w)\+ ?(?=\w)| ?\+ ?"), " plus "),
    (re.compile(r"(?<=\w) < (?=\w)|(?<!\w)<(?=\w)"), " less than "),
    (re.compile(r"(?<=\w) > (?=\w)|(?<!\w)>(?=\w)"), " more than "),
    (re.compile(r"(?<=[a-z])/(?=[a-z])"), " or "),
    (re.compile(r"§ ?"), "section "),
    (re.compile(r" ?%"), " percent"),
    (re.compile(r" ?°"), " degrees"),
    (re.compile(r" ?€"), " euros "),
    (re.compile(r" ?£"), " pounds "),
    (re.compile(r" ?\$"), " dollars "),
    (re.compile(r" ?[•·] ?"), ", "),
    (re.compile(r"(?<=\w)_(?=\w)"), " "),
)
_DROPPED = re.compile(r"[*`#|\\^{}\[\]<>~_=©®™@¢/]|(?<![^\W_])['\"“”‘’«»](?![^\W_])")


def speakable(text: str, language: str = "en", pronunciations: Sequence[Pronunciation] = ()) -> str:
    """How `text` is said. Never raises; "" when there is nothing to say.

    English is normalised in full: numbers, money, dates, times, addresses, abbreviations, signs.
    In other languages numbers become words where that is supported and everything else stays.
    `pronunciations` hold for whole words, whatever their case, the longest first.
    """
    text = _clean(text)
    tongue = language.replace("_", "-").lower()
    text, slots = _pronounce(text, pronunciations)
    english = tongue.split("-")[0] == "en"
    text = _english(text, day_first=tongue in _DAY_FIRST) if english else _foreign(text, tongue)
    for index, spoken in enumerate(slots):
        text = text.replace(chr(_SLOTS + index), spoken)
    return text if any(character.isalnum() for character in text) else ""


def _clean(text: str) -> str:
    """No markup, emoji, control bytes or leaks; single spaces; a line's end is a sentence's end."""
    leaks, markdown = LeakFilter(), MarkdownFilter()
    text = markdown.feed(leaks.feed(text) + leaks.flush()) + markdown.flush()
    text = re.sub(r"(?<=[^\s.!?,;:…。！？])[^\S\n]*\n\s*(?=\S)", ". ", EMOJI.sub("", text).strip())
    return " ".join(text.split())


def _pronounce(text: str, pronunciations: Sequence[Pronunciation]) -> tuple[str, list[str]]:
    """Put a private character in the place of each pronounced word; the list says what it stands for."""
    entries: dict[str, str] = {}
    for entry in pronunciations[:_MAX_SLOTS]:
        written = " ".join(entry.written.split())
        if written:
            entries.setdefault(written.casefold(), _clean(entry.spoken))
    if not entries:
        return text, []
    order = sorted(entries, key=len, reverse=True)
    pattern = "|".join(re.escape(written) for written in order)
    slot = {written: chr(_SLOTS + index) for index, written in enumerate(order)}
    found = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
    replaced = found.sub(lambda match: slot.get(match[0].casefold(), match[0]), text)
    return replaced, [entries[written] for written in order]


def _english(text: str, *, day_first: bool) -> str:
    text = contact.addresses(text)
    text = letters.roman(text)
    text = dates.dates(text, day_first=day_first)
    text = dates.times(text)
    text = contact.phones(text)
    text = quantities.money(text)
    text = letters.abbreviations(text)
    text = quantities.years_in_spans(text)
    text = letters.codes(text)
    text = dates.years(text)
    text = quantities.quantities(text)
    text = quantities.numbers(text)
    text = letters.acronyms(text)
    for sign, words in _SIGNS:
        text = sign.sub(words, text)
    return _tidy(text)


def _tidy(text: str) -> str:
    """Drop what cannot be said and mend the spaces and stops around it."""
    text = _DROPPED.sub(" ", text)
    text = re.sub(r" ?[–—] ?| -{1,3} |--+", ", ", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" +(?=[,.;:!?…])", "", text)
    text = re.sub(r"[,;:](?:[ ]?[,;:])+", ",", text)
    text = re.sub(r"[,;:]+ ?(?=[.!?])", "", text)
    text = re.sub(r"(?<=[ap]\.m\.)\.(?!\.)", "", text)
    return text.lstrip(" ,.;:!?-)").rstrip(" (-")


def _foreign(text: str, tongue: str) -> str:
    """Numbers to words where num2words knows the language; decimals by the sign the language uses."""
    return re.sub(
        rf"(?<![\w.,:/+#-])\d{{1,{_MAX_FOREIGN_DIGITS}}}(?![\w:/%°-]|[.,]\d)",
        lambda match: _foreign_number(match[0], tongue),
        text,
    )


@lru_cache(maxsize=4096)
def _foreign_number(digits: str, tongue: str) -> str:
    leading_zero = digits[0] == "0" and len(digits) > 1
    if leading_zero or not digits.isascii() or tongue.split("-")[0] in _BROKEN_LANGUAGES:
        return digits
    for code in (tongue.replace("-", "_", 1), tongue.split("-")[0]):
        head, _, region = code.partition("_")
        try:
            return str(num2words(int(digits), lang=f"{head}_{region.upper()}" if region else head))
        except _NUM2WORDS_FAILURES:
            continue
    return digits
