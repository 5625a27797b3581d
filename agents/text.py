"""Text as strangers write it: what can be stored, what is cleaned, how many tokens it costs."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and newline, lone surrogates, non-characters: no engine can use them."""

_PIECE = re.compile(r"\d|[A-Za-z]+|\s+|[^\sA-Za-z\d]", re.ASCII)


def clean_text(text: str) -> tuple[str, int]:
    """The text with line ends as newlines and without unusable characters, and how many were dropped."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _UNSTORABLE.subn("", unified)


def has_unusable(text: str) -> bool:
    """True when `clean_text` would drop something."""
    return _UNSTORABLE.search(text) is not None


def estimate_tokens(text: str) -> int:
    """About how many tokens a language model reads here: a little high, never far too low.

    A word of up to six Latin letters counts one, each further six one more; digits and signs count
    one each; single spaces belong to the next word; a letter outside ASCII counts one.
    """
    total = 0
    for piece in _PIECE.findall(text):
        if piece.isspace():
            total += piece.count("\n") + max(0, len(piece) - 1 - piece.count("\n")) // 4
        elif piece.isascii() and piece.isalpha():
            total += (len(piece) + 5) // 6
        else:
            total += 1
    return total
