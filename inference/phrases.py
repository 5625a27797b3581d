"""The few sentences the worker itself may say, and the sounds that are not a turn."""

from __future__ import annotations

import re
from typing import Literal

PhraseName = Literal["not_heard", "say_again", "failed", "filler"]

_PHRASES: dict[str, dict[PhraseName, str]] = {
    "en": {
        "not_heard": "Sorry, I couldn't hear that. Could you say it again?",
        "say_again": "Sorry, could you say that again?",
        "failed": "Sorry, something went wrong on my side. Could you say that again?",
        "filler": "Let me see.",
    },
    "de": {
        "not_heard": "Entschuldigung, das konnte ich nicht hören. Können Sie es noch einmal sagen?",
        "say_again": "Entschuldigung, können Sie das noch einmal sagen?",
        "failed": "Entschuldigung, bei mir ist etwas schiefgegangen. Können Sie das noch einmal sagen?",
        "filler": "Einen Moment.",
    },
    "fr": {
        "not_heard": "Désolé, je n'ai pas entendu. Pouvez-vous répéter ?",
        "say_again": "Pardon, pouvez-vous répéter ?",
        "failed": "Désolé, j'ai eu un problème. Pouvez-vous répéter ?",
        "filler": "Voyons voir.",
    },
    "es": {
        "not_heard": "Perdón, no lo he oído. ¿Puede repetirlo?",
        "say_again": "Perdón, ¿puede repetirlo?",
        "failed": "Perdón, he tenido un problema. ¿Puede repetirlo?",
        "filler": "Un momento.",
    },
}

_BACKCHANNELS = frozenset(
    {
        "mm", "mhm", "mmhm", "mmhmm", "mm-hm", "mm-hmm", "mm hm", "mm hmm", "hm", "hmm", "uh-huh", "uh huh", "uhhuh",
        "aha", "ah", "oh", "yeah", "yep", "ok", "okay", "right", "all right", "alright", "i see", "got it", "go on",
    }
)  # fmt: skip
"""Not "yes", "sure" or "no": those answer a question that the agent is just finishing."""
_AGREEMENTS = _BACKCHANNELS | {"yes", "sure", "of course", "great", "good", "perfect", "fine", "cool"}
"""Said while somebody else speaks, these ask for nothing; "no" and "wait" do."""
_LONGEST_PHRASE = max(len(phrase.split()) for phrase in _AGREEMENTS)
_MOST_PHRASES = 4
"""More of them in a row want the floor."""
_UNSURE = 0.5
"""On our clips hums read as words had at most 0.48 at their end, real interruptions at least 0.56."""
_UNSURE_BEGINNING = 0.65
"""Halfway, a hum reads as words with up to 0.59. Nothing is lost by waiting for its end: the agent is silent by then."""
_MOST_MUMBLED = 4
_NOT_LETTERS = re.compile(r"[^\w\s'-]+")


def phrase(name: PhraseName, language: str) -> str:
    """The sentence in `language`, in English where there is no translation."""
    return _PHRASES.get(language.split("-")[0].lower(), _PHRASES["en"])[name]


def is_backchannel(text: str) -> bool:
    """Whether these words only say "I am listening": they do not stop an agent that speaks."""
    return _made_of(_BACKCHANNELS, _words(text))


def may_be_listening(text: str) -> bool:
    """Whether words that are not over yet may still be no more than listening or agreeing.

    True for "all" (right) and "yes"; what follows, or how long it lasts, tells.
    """
    words = _words(text)
    if _made_of(_AGREEMENTS, words):
        return True
    head, last = words[:-1], words[-1]
    begun = any(known.split()[0] == last or known.startswith(last) for known in _AGREEMENTS)
    return begun and _made_of(_AGREEMENTS, head)


def mumbled(text: str, confidence: float, *, whole: bool = True) -> bool:
    """Whether these few words are what a recogniser makes of a hum: "Mm-hm" comes out as "in a minute".

    `whole`: the caller paused after them.
    """
    return confidence < (_UNSURE if whole else _UNSURE_BEGINNING) and len(_words(text)) <= _MOST_MUMBLED


def _words(text: str) -> list[str]:
    return _NOT_LETTERS.sub(" ", text.lower()).split()


def _made_of(phrases: frozenset[str], words: list[str]) -> bool:
    """Whether the words are up to _MOST_PHRASES of the phrases one after another, or none."""
    reached = {0}
    for _ in range(_MOST_PHRASES):
        if len(words) in reached:
            return True
        reached = {
            start + length
            for start in reached
            for length in range(1, _LONGEST_PHRASE + 1)
            if " ".join(words[start : start + length]) in phrases and start + length <= len(words)
        }
    return len(words) in reached
