"""Questions and remarks of a caller who was asked something else. English by its words, others by the question mark."""

from __future__ import annotations

import re

from inference.wording import ending_of

_ASKS = re.compile(
    r"^(?:(?:so|and|but|well|okay|ok|sorry|um|uh|hi|hello|oh|wait|actually|no|yes),?\s+)*"
    r"(?:what|when|where|who|which|why|how|is|are|do|does|did|can|could|would|will|should|may|have|has)\b"
)
_WISHES = re.compile(
    r"\b(?:can|could|may|might|shall) (?:i|we|you|it|that|this|they)\b|\b(?:how|what) about\b|\bdo you have\b|\bhave you got\b"
    r"|\b(?:possible|available|free|okay|ok|works?|suits?)\b|\bis .{1,30} (?:fine|good|all right|alright)\b"
)
"""A wish in the form of a question: what it names is an answer."""
_LACKS = re.compile(
    r"\b(?:don't|do not|didn't|haven't|have no|hasn't|can't|cannot|couldn't|isn't|there's no|no longer|without|lost|forgot\w*)\b"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def asks(text: str) -> bool:
    """Whether the caller wants to know something."""
    said = text.strip().lower()
    return said.endswith("?") or bool(_ASKS.match(said)) or ending_of(said) == "question"


def only_asks(text: str) -> bool:
    """Whether a day or a time in the words is no answer: "are you open on Saturday?" """
    return asks(text) and not _WISHES.search(text.lower())


def lacks(text: str) -> bool:
    """Whether the caller may have nothing to answer with: "I don't have the card with me"."""
    return bool(_LACKS.search(text.lower().replace("’", "'"))) and not asks(text)


def parted(text: str) -> tuple[str, str]:
    """(what may be an answer, what only asks): "Tuesday. Do you have parking?" is both."""
    sentences = _SENTENCE_END.split(text.strip())
    questions = [sentence for sentence in sentences if only_asks(sentence)]
    return " ".join(part for part in sentences if part not in questions), " ".join(questions)
