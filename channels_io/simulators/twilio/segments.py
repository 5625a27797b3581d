"""In how many SMS a text goes, as the network counts them. Pure; of its own, so that it can judge what others count."""

from __future__ import annotations

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "\f^{}\\[~]|€"


def is_gsm7(text: str) -> bool:
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def segments_of(text: str) -> int:
    """At least 1: an empty text with a picture is one message too."""
    if is_gsm7(text):
        sizes = [2 if letter in _EXTENDED else 1 for letter in text]
        return _packed(sizes, 160, 153)
    sizes = [len(letter.encode("utf-16-be")) // 2 for letter in text]
    return _packed(sizes, 70, 67)


def _packed(sizes: list[int], alone: int, each: int) -> int:
    """What takes two places is not torn apart."""
    if sum(sizes) <= alone:
        return 1
    segments, used = 1, 0
    for size in sizes:
        if used + size > each:
            segments, used = segments + 1, 0
        used += size
    return segments
