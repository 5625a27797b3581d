"""Abbreviations, acronyms, codes of letters and digits, Roman numerals → English words."""

from __future__ import annotations

import re

from inference.normalize.numbers import cardinal, digits, ordinal
from inference.normalize.vocabulary import ABBREVIATIONS, CAPITAL_WORDS, SAID_AS_WORDS, SPELLED

_ABBREVIATION = re.compile(
    r"(?<![\w.&/])(?:"
    + "|".join(re.escape(written) for written in sorted(ABBREVIATIONS, key=len, reverse=True))
    + r")(?!\w)",
    re.IGNORECASE,
)
_KEEPS_STOP = re.compile(r"\s*$|\s+[\"'“(]?[A-Z]|[\"')]")
_LAST = frozenset(
    {"etc.", "inc.", "ltd.", "corp.", "jr.", "sr.", "ave.", "rd.", "blvd.", "ln.", "hwy.", "ste.", "bldg."}
)
_DOCTOR = re.compile(r"(?<!\w)Dr(?:\.|(?= [A-Z]))(?=(\s+[A-Z])?)")
_SAINT = re.compile(r"(?<!\w)St\.(?=(\s+[A-Z])?)")
_NAME_BEFORE = re.compile(r"(?:[A-Z][\w'-]{0,30}|\d(?:st|nd|rd|th)) $")
_HALF_DAY = re.compile(r"(?<![\w.])([AaPp])\.[Mm]\.")
_DOTTED = re.compile(r"(?<![\w.])(?:[A-Z]\.){2,6}(?:[A-Z](?!\w))?|(?<![\w.])[A-Z]\.[A-Z](?![\w.])")
_CAPITALS = re.compile(r"(?<![\w'’])([A-Z]{2,6})(s)?(?![\w])")
_ALL_WORDS = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(
    r"(?<![\w.,$£€/])(?=[A-Z0-9-]{0,20}\d)(?=[A-Z0-9-]{0,20}[A-Z])[A-Z0-9]{1,12}(?:-[A-Z0-9]{1,12}){0,4}(?![\w]|-\w)"
)
_ROMAN = re.compile(
    r"\b(Chapter|Part|Section|Phase|Volume|Vol\.|Act|Type|War|Bowl|Class|Level|Stage|Grade|Article|Appendix|Book|Title|"
    r"Unit|Schedule|Mark) ([IVX]{1,6})(?![\w'])"
)
_MONARCH = re.compile(
    r"\b(Henry|Louis|Elizabeth|George|Edward|Charles|James|William|Richard|Philip|Francis|Frederick|Napoleon|Nicholas|"
    r"Alexander|Catherine|Peter|Paul|Pius|Benedict|Leo|Ivan|Otto|Ferdinand|Gustav|Christian|Mary|John|Ramses) "
    r"([IVX]{1,5})(?![\w'])(?!,? (?:think|am|will|have|can|would|want)\b)"
)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_ROMAN_FORM = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})")
_VOWELS = frozenset("AEIOUY")


def abbreviations(text: str) -> str:
    """Dr., St., Ave., etc., e.g., approx. The full stop of a sentence's end stays."""
    text = _DOCTOR.sub(_doctor, text)
    text = _SAINT.sub(_saint, text)
    return _ABBREVIATION.sub(_abbreviation, text)


def _follows_name(match: re.Match[str]) -> bool:
    return _NAME_BEFORE.search(match.string[max(0, match.start() - 33) : match.start()]) is not None


def _doctor(match: re.Match[str]) -> str:
    if match[1]:
        return "Doctor"
    return "Drive" + _stop(match.string, match.end()) if _follows_name(match) else "Doctor"


def _saint(match: re.Match[str]) -> str:
    if match[1] and not _follows_name(match):
        return "Saint"
    return "Street" + _stop(match.string, match.end()) if _follows_name(match) else "Saint"


def _stop(text: str, end: int) -> str:
    """The full stop, when the abbreviation ends a sentence too."""
    return "." if _KEEPS_STOP.match(text, end) else ""


def _abbreviation(match: re.Match[str]) -> str:
    found = match[0]
    spoken = ABBREVIATIONS.get(found)
    if spoken is None:
        lower = found.lower()
        if lower not in ABBREVIATIONS or not (found == lower or found == lower.capitalize()):
            return found
        spoken = ABBREVIATIONS[lower]
        if found[0].isupper():
            spoken = spoken[0].upper() + spoken[1:]
    if found.lower() in ("min.", "max.", "est.", "ca.", "cf.", "ext.", "tel.") and not _has_follower(match):
        return found
    return spoken + (_stop(match.string, match.end()) if found.lower() in _LAST else "")


def _has_follower(match: re.Match[str]) -> bool:
    """These abbreviate only before something: "Just a min." is a word cut short."""
    return re.match(r" ?[\w#:]", match.string[match.end() : match.end() + 2]) is not None


def spell(word: str) -> str:
    """ "API" → "eh P I": voices read a lone A as the article, so it is written as it sounds."""
    return " ".join("eh" if letter == "A" else letter for letter in word)


def acronyms(text: str) -> str:
    """NHS, FBI, API are spelled; NASA and words in capitals are not; a.m. and p.m. stay."""
    text = _DOTTED.sub(_dotted, text)
    words = _ALL_WORDS.findall(text)
    capitals = [word for word in words if word.isupper()]
    plain = sum(1 for word in capitals if word in CAPITAL_WORDS or len(word) > 5)
    if 2 * len(capitals) > len(words) and plain > 1:
        return text  # Shouting: words, not acronyms.
    return _CAPITALS.sub(_capitals, text)


def _dotted(match: re.Match[str]) -> str:
    found = match[0]
    if _HALF_DAY.fullmatch(found):
        return found.lower()
    ends = (
        found.endswith(".")
        and _KEEPS_STOP.match(match.string, match.end())
        and not match.string[match.end() :].lstrip()
    )
    return spell(found.replace(".", "")) + ("." if ends else "")


def _capitals(match: re.Match[str]) -> str:
    word, many = match[1], match[2] or ""
    if not _spelled(word) or (word == "OK"):
        return "okay" if match[0] == "OK" else match[0]
    return spell(word) + ("'s" if many else "")


def _spelled(word: str) -> bool:
    if word in SPELLED:
        return True
    if word in SAID_AS_WORDS or word in CAPITAL_WORDS:
        return False
    if _ROMAN_FORM.fullmatch(word):
        return False
    return len(word) <= 3 or not _VOWELS & set(word)


def codes(text: str) -> str:
    """Letters and digits in one: MP3, A4, 5G, AB-1234, COVID-19."""
    return _CODE.sub(_code, text)


def _code(match: re.Match[str]) -> str:
    spoken: list[str] = []
    for piece in re.findall(r"[A-Z]+|\d+", match[0]):
        if piece.isdigit():
            spoken.append(cardinal(int(piece)) if len(piece) < 3 and piece[0] != "0" else digits(piece))
        else:
            spoken.append(spell(piece) if _spelled(piece) or len(piece) == 1 else piece)
    return " ".join(spoken)


def roman(text: str) -> str:
    """Roman numerals where they are clearly numbers: "Chapter IV", "Henry VIII"."""
    text = _ROMAN.sub(lambda match: f"{match[1]} {_roman_words(match[2], cardinal)}", text)
    return _MONARCH.sub(_monarch, text)


def _monarch(match: re.Match[str]) -> str:
    if match[2] == "I" and match[1] not in ("Elizabeth", "Charles", "Napoleon"):
        return match[0]
    words = _roman_words(match[2], ordinal)
    return f"{match[1]} the {words}" if words != match[2] else match[0]


def _roman_words(numeral: str, say: object) -> str:
    if not _ROMAN_FORM.fullmatch(numeral):
        return numeral
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    total = sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
    return cardinal(total) if say is cardinal else ordinal(total)
