"""Letters said one by one: "H I L L", "B as in Bravo", "double L", "hotel india lima lima"."""

from __future__ import annotations

from dataclasses import dataclass

from inference.slots.reading import Reading, Token

_ALPHABET = {
    "alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E", "foxtrot": "F", "golf": "G",
    "hotel": "H", "india": "I", "juliet": "J", "juliett": "J", "kilo": "K", "lima": "L", "mike": "M",
    "november": "N", "oscar": "O", "papa": "P", "quebec": "Q", "romeo": "R", "sierra": "S", "tango": "T",
    "uniform": "U", "victor": "V", "whiskey": "W", "whisky": "W", "xray": "X", "yankee": "Y", "zulu": "Z",
}  # fmt: skip
_NAMES = {
    "ay": "A", "bee": "B", "cee": "C", "dee": "D", "ee": "E", "eff": "F", "ef": "F", "gee": "G", "aitch": "H",
    "haitch": "H", "jay": "J", "kay": "K", "el": "L", "ell": "L", "em": "M", "en": "N", "pee": "P", "cue": "Q",
    "queue": "Q", "ar": "R", "ess": "S", "es": "S", "tee": "T", "vee": "V", "ex": "X", "wye": "Y", "zed": "Z",
    "zee": "Z",
}  # fmt: skip
_MISHEARD = {
    "hey": "A", "be": "B", "see": "C", "sea": "C", "he": "E", "if": "F", "age": "H", "eye": "I", "i'm": "M", "in": "N",
    "oh": "O", "pea": "P", "are": "R", "tea": "T", "you": "U", "we": "V", "why": "Y",
}  # fmt: skip
"""Words that a recogniser writes for letters: they count only between letters."""
_EXAMPLES = (("as", "in"), ("like", "in"), ("for",), ("like",), ("from",))
_SEPARATORS = frozenset({",", ".", "then", "and", ";"})
_SIGNS = {"dash": "-", "hyphen": "-", "minus": "-", "slash": "/", "/": "/"}
_TIMES = {"double": 2, "triple": 3}
_IGNORED = frozenset({"capital", "letter", "uppercase", "lowercase", "number"})


@dataclass(frozen=True, slots=True)
class Letters:
    """`text`: what was spelled, in capitals; tokens `first` to `last` (both included) are what was said."""

    text: str
    first: int
    last: int
    letters: int
    """How many of it were letters, not digits or signs."""


def spelled(reading: Reading, *, digits: bool = True, fewest: int = 2) -> list[Letters]:
    """Every run of single letters (and digits, where wanted) of at least `fewest` characters."""
    found: list[Letters] = []
    index = 0
    while index < len(reading.tokens):
        run = _run(reading.tokens, index, digits=digits)
        if run is None:
            index += 1
            continue
        if len(run.text) >= fewest:
            found.append(run)
        index = run.last + 1
    return found


def _run(tokens: tuple[Token, ...], first: int, *, digits: bool) -> Letters | None:
    text, letters, index, last = "", 0, first, first
    while index < len(tokens):
        piece, after = _piece(tokens, index, digits=digits, inside=bool(text))
        if piece:
            text, letters = text + piece, letters + sum(character.isalpha() for character in piece)
            index, last = after, after - 1
        elif text and tokens[index].text in _SEPARATORS | _IGNORED and index + 1 < len(tokens):
            if not _piece(tokens, index + 1, digits=digits, inside=True)[0]:
                break
            index += 1
        else:
            break
    return Letters(text.strip("-/"), first, last, letters) if text.strip("-/") else None


def _piece(tokens: tuple[Token, ...], index: int, *, digits: bool, inside: bool) -> tuple[str, int]:
    """(the characters that the next tokens mean, the token after them); "" for none."""
    words = [token.text for token in tokens[index : index + 4]]
    word = words[0]
    if word in _IGNORED and len(words) > 1 and not inside:
        piece, after = _piece(tokens, index + 1, digits=digits, inside=True)
        return (piece, after) if len(piece) == 1 else ("", index)
    if word == "double" and words[1:2] in (["you"], ["u"]) and not _is_letter(words[2:3]):
        return "W", index + 2
    if word in _TIMES and len(words) > 1:
        piece, after = _piece(tokens, index + 1, digits=digits, inside=True)
        return (piece * _TIMES[word], after) if len(piece) == 1 else ("", index)
    if word in _SIGNS and inside:
        return _SIGNS[word], index + 1
    if word[0].isdigit():
        plain = word.isascii() and word.isdigit()
        return (word, index + 1) if digits and plain else ("", index)
    letter = _letter(word) or (_MISHEARD.get(word, "") if inside or _is_letter(words[1:2]) else "")
    if not letter:
        return "", index
    return letter, index + 1 + _example(words[1:], letter)


def _letter(word: str) -> str:
    if len(word) == 1 and word.isalpha():
        return word.upper()
    return _ALPHABET.get(word) or _NAMES.get(word, "")


def _is_letter(words: list[str]) -> bool:
    return bool(words) and bool(_letter(words[0]))


def _example(words: list[str], letter: str) -> int:
    """How many of the words only explain the letter: "as in Bravo"."""
    for lead in _EXAMPLES:
        if tuple(words[: len(lead)]) == lead and len(words) > len(lead):
            example = words[len(lead)]
            if len(example) > 1 and example[0].upper() == letter:
                return len(lead) + 1
    return 0
