"""How much silence ends a turn: evidence in, milliseconds out. Pure.

The words choose a range (a complete question is short of it, a half-said phone number at its end),
the turn model's score a place in that range, this caller's pace stretches the result. Everything is
a part of `min_silence_ms` to `max_silence_ms`, so an agent's own setting scales all of it; only
dictation may go beyond, to `dictation_ms`. Why these figures: docs/decisions/0010.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from inference.nodes import Expects
from inference.wording import Ending, ending_of

Range = tuple[float, float]
"""Shares of the way from the shortest to the longest silence: of a sure score, and of a doubtful one."""

RANGES: Mapping[Ending, Range] = MappingProxyType(
    {
        "answer": (0.0, 0.2),
        "question": (0.0, 0.25),
        "request": (0.2, 0.5),
        "statement": (0.65, 0.7),
        "open": (0.45, 0.75),
        "unfinished": (0.8, 1.0),
    }
)
_SETTLED: frozenset[Ending] = frozenset({"answer", "question", "statement"})
"""Whole as they are: what the turn model adds moves the end by a tenth of a second at most."""
_SURE = 0.85
_UNSURE = 0.1
"""Scores from and below which the turn model makes no more difference."""
_RESUMED = 0.85
"""What is left of a score for each time the caller has already gone on after a real pause in this utterance."""
_FRAGMENT_MS = 500.0
_FRAGMENT_SHARE = 0.15
"""Voice shorter than this is rarely a whole sentence: up to this share is added. Questions may be short."""


@dataclass(frozen=True, slots=True)
class Patience:
    """An agent's patience; `expects` says what its present question asks for."""

    min_silence_ms: float = 200.0
    max_silence_ms: float = 1000.0
    dictation_ms: float = 1400.0
    """At most, while digits, letters or an address are dictated."""
    expects: Expects = "any"
    ranges: Mapping[Ending, Range] = field(default_factory=lambda: RANGES)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known in a pause."""

    text: str
    score: float | None = None
    """Of the turn model, 0..1; None: not judged (yet)."""
    voiced_ms: float = 2000.0
    """Voice in this utterance so far."""
    resumed: int = 0
    """Real pauses in this utterance after which the caller went on."""
    pace: float = 1.0
    """`Pace.factor` of this caller."""


def silence_needed(patience: Patience, evidence: Evidence) -> float:
    """Milliseconds of silence that end the turn. Never more with a higher score."""
    shortest = min(patience.min_silence_ms, patience.max_silence_ms)
    span = patience.max_silence_ms - shortest
    ending = ending_of(evidence.text, patience.expects)
    doubt = _doubt(evidence, ending)
    if ending == "dictation":
        # Nobody hears from intonation whether the caller knows three more digits.
        longest = max(patience.dictation_ms, patience.max_silence_ms)
        return patience.max_silence_ms + (longest - patience.max_silence_ms) * (0.5 + doubt / 2)
    sure, unsure = patience.ranges[ending]
    share = sure + (unsure - sure) * doubt
    if ending in ("request", "statement", "open"):
        share += _FRAGMENT_SHARE * max(0.0, 1 - evidence.voiced_ms / _FRAGMENT_MS)
    if patience.expects == "free" and ending in ("statement", "request"):
        share += 0.2
    return shortest + min(span, (shortest + span * share) * evidence.pace - shortest)


def score_matters(patience: Patience, text: str) -> bool:
    """Whether the turn model is worth asking: what these words are leaves the wait open."""
    return ending_of(text, patience.expects) not in _SETTLED


def _doubt(evidence: Evidence, ending: Ending) -> float:
    """0: the turn model is sure that the turn is over; 1: it is not. Unasked: the middle where words settle it."""
    if evidence.score is None:
        return 0.5 if ending in _SETTLED else 1.0
    score = evidence.score * _RESUMED**evidence.resumed
    return min(1.0, max(0.0, (_SURE - score) / (_SURE - _UNSURE)))


# --- this caller's pace -----------------------------------------------------------------------

REAL_PAUSE_MS = 200.0
"""Shorter silence is a stop consonant or a breath."""
_USUAL_PAUSE_MS = 600.0
"""Inner pauses up to this are waited for anyway."""
_USUAL_WORDS_PER_SECOND = 2.8
_LEARN = 0.35
_FASTEST, _SLOWEST = 1.0, 1.3


@dataclass(slots=True)
class Pace:
    """How one caller speaks in this call: pauses that were no ends, and words a second of voice."""

    pause_ms: float = 0.0
    """Running mean of the inner pauses; 0 before the first."""
    words_per_second: float = 0.0

    def paused(self, milliseconds: float) -> None:
        """The caller went on after this much silence."""
        if milliseconds >= REAL_PAUSE_MS:
            self.pause_ms += (milliseconds - self.pause_ms) * (_LEARN if self.pause_ms else 1.0)

    def spoke(self, words: int, voiced_ms: float) -> None:
        """An utterance is over. Very short ones say nothing about the rate."""
        if words >= 4 and voiced_ms > 0:
            rate = words * 1000 / voiced_ms
            self.words_per_second += (rate - self.words_per_second) * (_LEARN if self.words_per_second else 1.0)

    @property
    def factor(self) -> float:
        """What this caller's silence is multiplied by: 1 to 1.3, and 1 for a caller not known yet."""
        pauses = self.pause_ms / _USUAL_PAUSE_MS if self.pause_ms else 1.0
        rate = _USUAL_WORDS_PER_SECOND / self.words_per_second if self.words_per_second else 1.0
        return min(_SLOWEST, max(_FASTEST, max(1.0, pauses) * min(1.1, max(1.0, math.sqrt(rate)))))
