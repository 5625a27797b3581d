"""Judging what Whisper wrote: loops, and words that come out of silence. Pure."""

from __future__ import annotations

import re
import zlib

NO_SPEECH = 0.6
LOW_LOG_PROBABILITY = -1.0
_PHANTOMS = frozenset(
    {
        "you",
        "you you",
        "thank you",
        "thank you very much",
        "thank you for watching",
        "thanks for watching",
        "thanks",
        "bye",
        "bye bye",
        "the end",
        "so",
        "oh",
        "the",
        "i",
        "hmm",
        "please subscribe",
        "subscribe",
    }
)
"""What the small models write about noise; believed only when the sound itself is convincing."""
_ANNOTATION = re.compile(r"[\[(*♪][^\])*♪]*[\])*♪]|♪")
_WORD = re.compile(r"\w+(?:'\w+)?")
MAX_COMPRESSION = 2.4


def clean(text: str) -> str:
    """Without stage directions ("[BLANK_AUDIO]", "(wind blowing)") and doubled spaces."""
    return " ".join(_ANNOTATION.sub(" ", text).split())


def is_phantom(text: str, log_probability: float, no_speech: float) -> bool:
    """Whether the words come from silence or noise rather than from a caller."""
    words = _WORD.findall(text.lower())
    if not words:
        return True
    if no_speech > NO_SPEECH and log_probability < LOW_LOG_PROBABILITY:
        return True
    return " ".join(words) in _PHANTOMS and (no_speech > 0.3 or log_probability < -0.9)


def loop_start(text: str) -> int:
    """Index in `text` where it begins to repeat itself, or -1.

    A loop is a phrase of one to eight words said three times over (four times for a single word:
    people do say "no no no").
    """
    words = list(_WORD.finditer(text.lower()))
    tokens = [word.group() for word in words]
    for length in range(1, 9):
        times = 4 if length == 1 else 3
        for start in range(len(tokens) - length * times + 1):
            phrase = tokens[start : start + length]
            if all(tokens[start + length * n : start + length * (n + 1)] == phrase for n in range(1, times)):
                return words[start + length].start()
    return -1


def is_degenerate(text: str) -> bool:
    """Whether decoding ran into a loop and should be done again with more context."""
    data = text.encode()
    ratio = len(data) / len(zlib.compress(data)) if data else 0.0
    return ratio > MAX_COMPRESSION or loop_start(text) >= 0
