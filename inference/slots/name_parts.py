"""Names told in pieces or after a story: "Lopez, first name Maria", "it's for my mum, Doreen Platt"."""

from __future__ import annotations

import re
from collections.abc import Collection

from inference.slots.parsed import Found

_W = r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*"
_IS = r"(?:'s| is|:|,)?\s+"
_FIRST = r"(?:first|given|christian|fore)\s?name"
_LAST = r"(?:last|family|sur)\s?name"
_THE = r"(?:,|\.| and)*\s*(?:(?:and|my|the|is)\s+)*"
_PATTERNS = (
    re.compile(rf"\b{_FIRST}{_IS}(?P<first>{_W}){_THE}{_LAST}{_IS}(?P<last>{_W})", re.IGNORECASE),
    re.compile(rf"\b{_LAST}{_IS}(?P<last>{_W}){_THE}{_FIRST}{_IS}(?P<first>{_W})", re.IGNORECASE),
    re.compile(
        rf"(?P<last>{_W}) is (?:my|the) {_LAST}{_THE}(?P<first>{_W})(?: is)?(?: my| the)? {_FIRST}", re.IGNORECASE
    ),
    re.compile(
        rf"(?P<first>{_W}) is (?:my|the) {_FIRST}{_THE}(?P<last>{_W})(?: is)?(?: my| the)? {_LAST}", re.IGNORECASE
    ),
    re.compile(
        rf"(?:^|\b(?:it's|is)\s+)(?P<last>{_W})[,.]\s+(?:the |my |and )*{_FIRST}{_IS}(?P<first>{_W})", re.IGNORECASE
    ),
    re.compile(
        rf"(?:^|\b(?:it's|is)\s+)(?P<first>{_W})[,.]\s+(?:the |my |and )*{_LAST}{_IS}(?P<last>{_W})", re.IGNORECASE
    ),
)
_CAPITALS = re.compile(r"(?<![\w'’-])[A-Z][^\W\d_]*(?:['’-][^\W\d_]+)*(?: (?:van|von|de|der|da|di|la|le|del|el|al|bin)){0,2}"
                       r"(?: [A-Z][^\W\d_]*(?:['’-][^\W\d_]+)*){1,3}(?![\w'’-])")  # fmt: skip
_NO_NAMES = frozenset({"yes", "no", "yeah", "well", "oh", "and", "sorry", "hello", "hi", "okay", "ok", "sure"})


def whole_of_parts(text: str) -> Found | None:
    """First and last name, each said to be it, as one."""
    for pattern in _PATTERNS:
        match = pattern.search(text)
        if match and match["first"].lower() not in _NO_NAMES and match["last"].lower() not in _NO_NAMES:
            value = " ".join(
                part if not part.islower() else part.capitalize() for part in (match["first"], match["last"])
            )
            return Found(value, match.start(), match.end())
    return None


def last_full_name(text: str, no_names: Collection[str]) -> list[Found]:
    """The last two or more words with capitals, of which none is another word: an answer's, when nothing else is."""
    found = []
    for match in _CAPITALS.finditer(text):
        words = match[0].split()
        start = match.start()
        while words and words[0].lower() in no_names:
            start += len(words[0]) + 1
            words = words[1:]
        if len(words) > 1 and not any(word.lower() in no_names for word in words):
            found.append(Found(" ".join(words), start, match.end(), plain=True))
    return found[-1:]
