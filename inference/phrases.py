"""The few sentences the worker itself may say, and the sounds that are not a turn."""

from __future__ import annotations

import re
from typing import Literal

PhraseName = Literal["not_heard", "say_again", "failed"]

_PHRASES: dict[str, dict[PhraseName, str]] = {
    "en": {
        "not_heard": "Sorry, I couldn't hear that. Could you say it again?",
        "say_again": "Sorry, could you say that again?",
        "failed": "Sorry, something went wrong on my side. Could you say that again?",
    },
}

_BACKCHANNELS = frozenset(
    {
        "mm", "mhm", "mmhm", "mmhmm", "mm-hm", "mm-hmm", "mm hm", "mm hmm", "hm", "hmm", "uh-huh", "uh huh", "uhhuh",
        "aha", "ah", "oh", "yeah", "yeah yeah", "yep", "ok", "okay", "oh ok", "oh okay", "right", "all right",
        "alright", "i see", "got it", "go on",
    }
)  # fmt: skip
"""Not "yes", "sure" or "no": those answer a question that the agent is just finishing."""
_NOT_LETTERS = re.compile(r"[^\w\s'-]+")


def phrase(name: PhraseName, language: str) -> str:
    """The sentence in `language`, in English where there is no translation."""
    return _PHRASES.get(language.split("-")[0], _PHRASES["en"])[name]


def is_backchannel(text: str) -> bool:
    """Whether these words only say "I am listening": they do not stop an agent that speaks."""
    words = " ".join(_NOT_LETTERS.sub(" ", text.lower()).split())
    return not words or words in _BACKCHANNELS
