"""Questions of the caller that the agent had no answer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from channels_io.after.asking import Asks, choose
from channels_io.after.grounds import numbers_in, stems_of, words_of
from channels_io.after.material import HIDDEN, Line, Material

MOST: Final = 8
ASKED: Final = 4
"""Questions about which a model is asked at most."""
LONGEST: Final = 300
_ASKS: Final = re.compile(
    r"^(?:and |so |but |well |um |uh |okay |sorry )*(?:who|what|when|where|why|which|how|can|could|do|does|did|is|are|am|will|"
    r"would|may|might|should|have|has|was|were)\b",
    re.IGNORECASE,
)
_NO_QUESTION: Final = re.compile(
    r"^(?:and |so |well |yes |hello |hi )*(?:can|could|may|would|will) (?:i|you|we) (?:please )?(?:book|make|get|have|speak|talk|"
    r"send|put|call|repeat|say|help|come|take|order|reserve|schedule|cancel|change)\b|^(?:how are you|are you there|can you hear)",
    re.IGNORECASE,
)
"""A wish in the form of a question: something is to be done, nothing to be known."""
NOT_KNOWN: Final = re.compile(
    r"\b(?:i (?:do not|don't|am not|'m not|cannot|can't|could not|couldn't) (?:really |currently |exactly )?(?:know|sure|have (?:that|this|the|any)|"
    r"find|say|tell|answer|help (?:you )?with)|not sure about|no information|don't have (?:that|this|any) information|"
    r"(?:that|this|it) is not something i|unable to (?:answer|say|help)|"
    r"(?:shall i take|take) a message|(?:colleague|team|somebody|someone|doctor|manager) (?:will|can|could|has to|would) (?:answer|tell|know)|"
    r"i did not understand|i didn't (?:understand|catch)|beyond what i)",
    re.IGNORECASE,
)


def find_unanswered(material: Material, ask: Asks | None) -> list[str]:
    """In the caller's words, each once. Raises what `ask` raises."""
    found: list[str] = []
    asked = 0
    for question, reply in _questions(material.lines):
        if NOT_KNOWN.search(reply) or not reply:
            found.append(question)
        elif ask is not None and asked < ASKED and _far(question, reply):
            asked += 1
            if _passed_over(question, reply, ask):
                found.append(question)
    return list(dict.fromkeys(text[:LONGEST] for text in found))[:MOST]


def _questions(lines: tuple[Line, ...]) -> Iterator[tuple[str, str]]:
    """Each question with all that was answered before the caller spoke again; the last one may have no answer."""
    for number, line in enumerate(lines):
        if line.who != "caller" or HIDDEN in line.text:
            continue
        question = next((part for part in _sentences(line.text) if is_question(part)), "")
        if question:
            reply: list[str] = []
            for following in lines[number + 1 :]:
                if following.who == "caller":
                    break
                reply.append(following.text)
            yield question, " ".join(reply)


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.findall(r"[^.!?？]+[.!?？]*", text) if part.strip()]


def is_question(text: str) -> bool:
    """Whether something is to be known: by its mark or by how it begins."""
    if len(words_of(text)) < 3 or _NO_QUESTION.search(text):
        return False
    return text.rstrip().endswith(("?", "？")) or bool(_ASKS.search(text))


def _far(question: str, reply: str) -> bool:
    """Whether the reply shares nothing with the question and has no figure in it: then it may have gone past it."""
    telling = {root for root in stems_of(question) if len(root) > 3}
    return not telling & stems_of(reply) and not numbers_in(reply)


def _passed_over(question: str, reply: str, ask: Asks) -> bool:
    text = f"The caller asked: “{question}”\nThe agent replied: “{reply[:400]}”\nDoes the reply answer the question?"
    return choose(ask, text, ["Yes, or it asks what it must know first", "No, the caller still does not know"]) == 1
