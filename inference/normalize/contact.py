"""Web addresses, e-mail addresses, phone numbers and codes → words."""

from __future__ import annotations

import re

from inference.normalize.numbers import cardinal, digits
from inference.normalize.vocabulary import DOMAIN_LETTERS, DOMAIN_WORDS

_SIGNS = {
    ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", ":": "colon", "?": "question mark",
    "=": "equals", "&": "and", "#": "hash", "+": "plus", "%": "percent", "~": "tilde",
}  # fmt: skip
_ENDINGS = "|".join(sorted(DOMAIN_WORDS | DOMAIN_LETTERS, key=len, reverse=True))
_EMAIL = re.compile(r"(?<![\w.+@-])(?:mailto:)?([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})(?![\w@])")
_URL = re.compile(r"(?<![\w@])(?:https?|ftp)://([^\s<>\"']{1,2000})", re.IGNORECASE)
_BARE_DOMAIN = re.compile(
    rf"(?<![\w.@/-])((?:www\.)?[a-z0-9][a-z0-9-]{{0,62}}(?:\.[a-z0-9-]{{1,63}}){{0,4}}\.(?:{_ENDINGS})"
    r"(?::\d{2,5})?(?:/[\w./~%+-]{0,300})?)(?![\w@]|\.\w)",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\W\d_]+|\d+|[^\s]")

_PHONES = tuple(
    re.compile(rf"(?<![\w.,/:+-])(?<!\d )(?:{pattern})(?![\w/:]|[-.,]\d| \d)")
    for pattern in (
        r"\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,6}",
        r"(?:1[ .-]?)?\(\d{2,5}\) ?\d{3,4}(?:[ .-]?\d{3,4}){0,2}",
        r"(?:1[-. ])?\d{3}([-. ])\d{3}\1\d{4}",
        r"\d{3}-\d{4}",
        r"0\d(?:([ .-])\d{2})(?:\1\d{2}){3}",
        r"0\d{2,4}[ -]\d{3,4}(?:[ -]?\d{3,4})?",
        r"0\d{8,11}",
    )
)
_CODE = re.compile(
    r"\b((?:pin|pass ?code|code|zip|post ?code|account|reference|ref|order|booking|confirmation|ticket|case|invoice|"
    r"tracking|card|policy|member(?:ship)?|flight|serial|id)(?: (?:number|no\.?|code|id))?(?: is| was|:|,)?"
    r" ?#? ?)(\d{4,})(?![\d,.:/-]*\d)",
    re.IGNORECASE,
)
_LONG_RUN = re.compile(r"(?<![\d.,])\d{7,}(?![\d,]|\.\d)")


def addresses(text: str) -> str:
    """E-mail addresses, URLs and domain names; the query and fragment of a URL are not read out."""
    text = _EMAIL.sub(lambda match: _spell(match[1].rstrip(".-")) + match[1][len(match[1].rstrip(".-")) :], text)
    text = _URL.sub(_url, text)
    return _BARE_DOMAIN.sub(lambda match: _url_words(match[1]), text)


def _url(match: re.Match[str]) -> str:
    address = match[1].rstrip(".,;:!?)]}*")
    return _url_words(address) + match[1][len(address) :]


def _url_words(address: str) -> str:
    kept = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/")
    return _spell(kept.removeprefix("www."))


def _spell(address: str) -> str:
    """Every sign by its name; the ending of the domain as people say it."""
    host = re.split(r"[/:]", address.rpartition("@")[2], maxsplit=1)[0]
    host_begin = len(address.rpartition("@")[0])
    host_end = host_begin + len(host) + (1 if host_begin else 0)
    words: list[str] = []
    for match in _PIECE.finditer(address):
        piece = match[0]
        after_dot = match.start() > host_begin and address[match.start() - 1] == "." and match.end() <= host_end
        if piece in _SIGNS:
            words.append(_SIGNS[piece])
        elif piece.isdigit():
            words.append(
                digits(piece) if len(piece) > 2 or piece[0] == "0" or not piece.isascii() else cardinal(int(piece))
            )
        elif after_dot and piece.lower() in DOMAIN_LETTERS and piece.lower() != "co":
            words.append(" ".join("eh" if letter == "A" else letter for letter in piece.upper()))
        elif piece.isalpha():
            words.append(piece)
    return " ".join(words)


def phones(text: str) -> str:
    """Phone numbers and codes, digit by digit, with a breath between the written groups."""
    for pattern in _PHONES:
        text = pattern.sub(_phone, text)
    text = _CODE.sub(lambda match: match[1] + _grouped(match[2]), text)
    return _LONG_RUN.sub(lambda match: _grouped(match[0]), text)


def _phone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    if not 6 <= sum(len(group) for group in groups) <= 15:
        return match[0]
    groups = [_grouped(groups[0])] if len(groups) == 1 else [digits(group) for group in groups]
    return ("plus " if match[0][0] == "+" else "") + ", ".join(groups)


def _grouped(run: str) -> str:
    """Digits in groups of three or four, as people read them out."""
    size = 4 if len(run) % 4 == 0 or len(run) % 3 == 1 and len(run) < 8 else 3
    groups = [run[start : start + size] for start in range(0, len(run), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join(digits(group) for group in groups)
