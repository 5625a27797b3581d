"""Where a clause may end: after which words, and between which words never."""

from __future__ import annotations

import re
from enum import Enum

from inference.normalize.vocabulary import MONTH_NAMES, UNITS, word_set

_CLOSERS = "\"'”’»)]}」』）"
_OPENERS = "\"'“‘«([{¿¡"


class Break(Enum):
    """What the end of a word means. The last three hang on the word that follows."""

    NONE = "none"
    SOFT = "soft"
    SENTENCE = "sentence"
    SENTENCE_IF_CAPITAL = "capital"
    SENTENCE_OR_SOFT = "ellipsis"
    SOFT_UNLESS_DIGIT = "digit"

    def before(self, word: str) -> Break:
        """This break, now that the next word is known. A decided SOFT or SENTENCE is told as NONE:
        it was acted on when its word came."""
        head = word.lstrip(_OPENERS)[:1]
        capital = head.isupper() or (head.isalpha() and not head.islower())
        match self:
            case Break.SENTENCE_IF_CAPITAL:
                return Break.SENTENCE if capital else Break.NONE
            case Break.SENTENCE_OR_SOFT:
                return Break.SENTENCE if capital else Break.SOFT
            case Break.SOFT_UNLESS_DIGIT:
                return Break.NONE if head.isdigit() else Break.SOFT
            case _:
                return Break.NONE


_NEVER_LAST = word_set(
    "dr mr mrs ms mx prof st mt gen col sgt capt lt rev hon gov sen rep pres fr vs fig vol pp e.g i.e cf approx ca al "
    "dept est ext tel no nos incl excl max min jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu "
    "thur thurs fri sat sun sra srta mme mlle m nr str bzw z.b d.h ca. inkl p.ej c"
)
"""Abbreviations that something follows: their full stop never ends a clause."""
_PERHAPS_LAST = word_set(
    "a.m p.m etc inc ltd co corp jr sr ave rd blvd ln apt ste bldg hwy u.s u.k u.s.a d.c ph.d b.sc m.sc e.u usw"
)
"""Abbreviations that may end a sentence: they do when a capital follows."""
_ORDINAL_POINT = frozenset(
    {"de", "da", "nb", "nn", "no", "fi", "cs", "sk", "pl", "hu", "sl", "hr", "sr", "is", "et", "lv"}
)
"""Languages that write ordinals with a full stop: "am 3. März"."""

_LINKING = word_set(
    "the a an of to at on in for and or but with from by your our my his her their its this that is are was were be "
    "we i you he she it they not no very about than as if dr. mr. mrs. ms. st. no. prof. mt. "
    "von der die das le la les el los il"
)
"""Words that lean on the next one: a breath after them sounds wrong."""
_HESITATES = word_set("is are was were at from to on for by about")
_AFTER_NUMBER = word_set(
    "am pm a.m p.m o'clock percent per point million billion thousand hundred hours hour minutes minute days day "
    "dollars euros pounds cents people times st nd rd th or to and degrees"
) | {unit.lower() for unit in UNITS}


def break_after(word: str, language: str = "en") -> Break:
    """What the end of `word` means, before the next word is known."""
    bare = word.rstrip(_CLOSERS)
    if not bare:
        return Break.NONE
    last = bare[-1]
    before = bare[-2:-1]
    if last in "!?。！？।؟" and len(bare) > 1:
        return Break.SENTENCE
    if last == "…" or bare.endswith(".."):
        return Break.SENTENCE_OR_SOFT
    if last == ".":
        return _after_point(bare[:-1].lstrip(_OPENERS), language)
    if last in ",;:—–，、；：،؛" or bare == "--":
        return Break.SOFT_UNLESS_DIGIT if before.isdigit() or len(bare) < 3 else Break.SOFT
    return Break.NONE


def _after_point(stem: str, language: str) -> Break:
    lower = stem.lower()
    if lower in _NEVER_LAST:
        return Break.NONE
    if lower in _PERHAPS_LAST or "." in stem:
        return Break.SENTENCE_IF_CAPITAL
    if len(stem) == 1 and stem.isalpha() and stem.isupper() and stem != "I":
        return Break.NONE
    if stem.isdigit():
        return Break.NONE if language.split("-")[0] in _ORDINAL_POINT else Break.SENTENCE_IF_CAPITAL
    return Break.SENTENCE if stem else Break.NONE


def hesitates(word: str) -> bool:
    """Whether people too stop for a moment between this word and a number: "the address is ... twelve"."""
    return word.strip(_OPENERS + _CLOSERS).lower() in _HESITATES


def glued(left: str, right: str) -> bool:
    """Whether a clause must not be cut between these words: "9 | am", "Dr. | Smith", "12 | March", "the | door"."""
    stem = left.strip(_OPENERS + _CLOSERS)
    next_stem = right.strip(_OPENERS + _CLOSERS).rstrip(".,;:!?").lower()
    if stem.lower() in _LINKING:
        return True
    if stem.endswith(".") and (stem[:-1].lower() in _NEVER_LAST or re.fullmatch(r"[A-Z]\.", stem)):
        return True
    if stem[-1:] == "," and stem[-2:-1].isdigit() and next_stem[:1].isdigit():
        return True  # "March 12, | 2026", "1, | 2"
    if stem[-1:].isdigit() or stem[:1] in "$£€¥₹":
        return (
            next_stem in _AFTER_NUMBER
            or next_stem[:1].isdigit()
            or next_stem in MONTH_NAMES
            or next_stem[:1] in "-–—+%°$€£x×"
        )
    if stem.rstrip(".,").lower() in MONTH_NAMES or stem in ("-", "–", "—", "+", "x", "×", "&", "/", "="):
        return next_stem[:1].isdigit() or next_stem[:1] in "$£€¥₹" or stem in ("&", "/", "=")
    return False
