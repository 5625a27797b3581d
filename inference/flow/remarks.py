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
_HAVE_IT = r"(?:it|that|them|this|(?:my|the|our|a) (?:\w+ )?\w+)"
_WAITS = re.compile(
    r"(?:(?:um+|uh+|er+m?|hmm+|oh|well|okay|ok|yes|yeah|sure|so|sorry|please|right|just|now|and|i need|i just need|can you|could you"
    r"|i think i have it|it's here somewhere)"
    r"|(?:wait|hang on|hold on|hold the line|bear with me)(?: (?:a|one|just a|for a) (?:moment|minute|second|sec|bit|tick))?"
    r"|(?:just )?(?:a|one|half a|two|give me a|give me one|wait a|for a) (?:moment|moments|minute|minutes|second|seconds|sec|secs|tick)"
    rf"|(?:let me|i(?:'ll| will|'m going to| have to| need to| must)(?: just)?(?: go| quickly)?(?: and)?) (?:see|think|look|check|"
    rf"find out|(?:look for|look at|look up|find|get|fetch|grab|check|search for|open|dig out) {_HAVE_IT})"
    rf"|(?:i'm|i am) (?:just |still )?(?:looking|searching|thinking|checking|getting {_HAVE_IT}|looking for {_HAVE_IT})"
    r"|where (?:is it|did i put (?:it|that|them))|[\s,.!?…-])+"
)
_LOOKS = re.compile(
    r"\b(?:wait|hang on|hold on|hold the line|bear with me|moment|moments|minutes?|seconds?|secs?|tick|let me|looking|searching"
    r"|thinking|checking|getting|i'll|i will|where)\b"
)
LONGEST_WAIT = 120
"""Characters of words that ask for a moment and nothing else."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def asks(text: str) -> bool:
    """Whether the caller wants to know something."""
    said = text.strip().lower()
    return said.endswith("?") or bool(_ASKS.match(said)) or ending_of(said) == "question"


def only_asks(text: str) -> bool:
    """Whether a day or a time in the words is no answer: "are you open on Saturday?" """
    return asks(text) and not _WISHES.search(text.lower())


def waits(text: str) -> bool:
    """Whether the caller asks for a moment and says nothing else: "hang on, let me find it"."""
    said = text.strip().lower().replace("’", "'")
    return len(said) < LONGEST_WAIT and bool(_WAITS.fullmatch(said)) and bool(_LOOKS.search(said))


def lacks(text: str) -> bool:
    """Whether the caller may have nothing to answer with: "I don't have the card with me"."""
    return bool(_LACKS.search(text.lower().replace("’", "'"))) and not asks(text)


def parted(text: str) -> tuple[str, str]:
    """(what may be an answer, what only asks): "Tuesday. Do you have parking?" is both."""
    sentences = _SENTENCE_END.split(text.strip())
    questions = [sentence for sentence in sentences if only_asks(sentence)]
    return " ".join(part for part in sentences if part not in questions), " ".join(questions)
