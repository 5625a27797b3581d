"""One reply: what was said, what was sent, what was heard. Bookkeeping only, no I/O."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from inference.events import Span
from inference.text import SpokenClause, heard_prefix

MARKS = (
    ("paused", "silence"),
    ("words", "recognition"),
    ("begun", "decision"),
    ("judged", "choice"),
    ("first_token", "first token"),
    ("first_clause", "first clause"),
    ("first_audio", "voice"),
    ("decided", "gate"),
)
"""Moments of a turn in the order in which one waits for them, and the name of the wait that ends at each.

An answer begun before the turn was decided waits at the gate when it is ready first, and not for the
decision when that comes first; one begun only then has waited for the decision.
"""
FILLER = "filler"


@dataclass(slots=True)
class Marks:
    """When things happened, in seconds of the conversation's clock; `start` is the end of speech."""

    start: float = 0.0
    speech_end: int = 0
    """Sample of the caller's last audible sound, at the leg's rate_in; 0 for typed text."""
    at: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str, now: float) -> None:
        """Only the first time counts."""
        self.at.setdefault(name, now)

    def spans(self) -> tuple[Span, ...]:
        """Contiguous waits from `start` to the last mark reached; a wait hidden by another is 0.

        A filler ends them: what the answer behind it took is no longer heard as waiting.
        """
        spans: list[Span] = []
        before = self.start
        end = self.at.get(FILLER, math.inf)
        for name, label in MARKS:
            if name not in self.at or (name == "begun" and "decided" not in self.at):  # nobody waits for a typed turn
                continue
            now = min(end, max(before, self.at[name]))
            spans.append(Span(label, round((now - before) * 1000, 2)))
            before = now
        if end < math.inf:
            spans.append(Span(FILLER, round(max(0.0, end - before) * 1000, 2)))
        return tuple(spans)


@dataclass(slots=True)
class Reply:
    """A reply to turn `turn`. Samples are at the leg's `rate_out`."""

    turn: int
    spoken: bool
    """False on a text leg: what was written was read."""
    clauses: list[SpokenClause] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    sent: int = 0
    played: int = 0
    finished: bool = False
    """Everything was sent."""
    reported: bool = False
    """The player has said where it stopped."""
    cut: bool = False
    settled: bool = False
    end: str = ""
    instructions: tuple[str, ...] = ()
    """Of an operator, that these words follow."""
    over: bool = False
    """Whatever is left of it is not said any more."""
    guarded: int = 0
    """Samples that the caller has to hear before an interruption counts."""
    accounted: bool = False
    """The web was told who spoke it."""

    @property
    def text(self) -> str:
        return "".join(self.written).strip()

    @property
    def heard(self) -> str:
        """What the caller heard: all of it, or the words played before the cut."""
        if not self.spoken or (self.finished and self.played >= self.sent):
            return self.text
        return heard_prefix(self.clauses, self.played)

    @property
    def rest(self) -> str:
        """What was generated but not heard, and may be said yet."""
        if self.over:
            return ""
        text, heard = self.text, self.heard
        return text[len(heard) :].strip() if text.startswith(heard) else ""

    def playing(self) -> bool:
        """Not yet generated, sent and played to its end."""
        if self.cut or self.settled:
            return False
        return not self.finished or (self.spoken and self.played < self.sent)

    def on_playback(self, samples: int, done: bool) -> None:
        """The player's report. It never goes back and never beyond what was sent."""
        self.played = max(self.played, min(samples, self.sent))
        if done:
            self.reported = True
            if not self.cut:
                self.played = self.sent if self.finished else self.played


Clock = Callable[[], float]
