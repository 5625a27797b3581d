"""Turn-taking without I/O: audio time, voice probabilities and words in, decisions out.

`TurnTaker` is fed one VAD hop at a time (32 ms at 16 kHz) and, when they are known, the words and
the turn model's score of the pause. It answers with decisions; it never waits, sleeps or looks at a
clock: time is the number of samples heard. The shell around it is `conversation.py`.

A pause goes through three stages: after `pause_hops` quiet hops the recogniser and the turn model
are asked (`Pause`); their answers (`pause_answer`) say how much silence is needed; when that much
has passed the turn is over (`EndOfTurn`). Resumed speech at any point cancels the pause.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

RATE = 16_000
HOP = 512
HOP_MS = HOP * 1000 / RATE

VOICED = 0.5
"""Probability from which a hop counts as voice; while speaking it has to fall below UNVOICED."""
UNVOICED = 0.35


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """How quickly to start, stop and give way. Milliseconds unless a name says hops."""

    onset_hops: int = 2
    interrupt_hops: int = 5
    """Voiced hops that stop a speaking agent: 160 ms. Speech this long is rarely a cough."""
    pause_hops: int = 2
    """Quiet hops before the words are asked for: 64 ms. A pause that is none costs part of a pass."""
    min_silence_ms: float = 200.0
    max_silence_ms: float = 1000.0
    longest_turn_ms: float = 60_000.0
    shortest_voice_ms: float = 96.0
    """Less voice than this in all is a click, not a turn."""


# --- decisions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller began to speak at `sample`."""

    sample: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The caller speaks over the agent, and means it."""

    sample: int


@dataclass(frozen=True, slots=True)
class Pause:
    """The caller paused: ask for the words and the turn model's score of what ended at `sample`."""

    sample: int


@dataclass(frozen=True, slots=True)
class PauseOver:
    """The caller went on: whatever was begun for the pause is void."""


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """The caller's turn is over: `text` was said between the two samples.

    At `due` there had been silence enough; from then on only the words, or the score, were missing.
    """

    text: str
    speech_start: int
    speech_end: int
    confidence: float
    due: int


@dataclass(frozen=True, slots=True)
class NoTurn:
    """What sounded like speech held no words. `interrupted`: the agent had been stopped for it."""

    interrupted: bool


Decision = SpeechBegan | Interrupt | Pause | PauseOver | EndOfTurn | NoTurn


# --- how much silence is enough ---------------------------------------------------------------

_TRAILING = re.compile(
    r"(?:\b(?:and|or|but|so|because|the|a|an|to|of|for|with|on|in|at|my|is|are|um|uh|er|like|that|from|"
    r"about|if|when|i|i'm|it's|your|our)|[,:;-]|\.\.\.|…)$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?:\d[\s,.-]*){2,}[.?!]?$")


_SHORT_WORDS = 3


def silence_needed(policy: TurnPolicy, score: float, text: str) -> float:
    """Milliseconds of silence that end the turn, given the turn model's score and the words.

    A finished question wants its answer at once; a statement may go on ("My name is Peter. I have
    ..."), words without an end even more. From there the wait grows smoothly to the maximum as the
    turn model, or a trailing "and", says that more will come.
    """
    words = text.strip()
    if words.endswith("?"):
        floor, completeness = policy.min_silence_ms, max(score, 0.5 + score / 2)
    elif words.endswith((".", "!")) and not words.endswith("..."):
        short = len(words.split()) <= _SHORT_WORDS
        floor, completeness = policy.min_silence_ms + (100.0 if short else 200.0), score
    else:
        floor, completeness = policy.min_silence_ms + 400.0, score
    if _TRAILING.search(words.rstrip(".") if not words.endswith("...") else words):
        completeness *= 0.35
    elif _DIGITS.search(words):
        completeness *= 0.6
    floor = min(floor, policy.max_silence_ms)
    doubt = min(1.0, max(0.0, (0.85 - completeness) / 0.75))
    return floor + (policy.max_silence_ms - floor) * doubt


@dataclass(slots=True)
class _Utterance:
    start: int
    voiced_hops: int = 0
    last_voiced: int = 0
    interrupted: bool = False


@dataclass(slots=True)
class _PauseState:
    sample: int
    asked: bool = False
    answered: bool = False
    text: str = ""
    score: float = 0.0
    confidence: float = 1.0


@dataclass(slots=True)
class TurnTaker:
    """One caller's side of the conversation, hop by hop."""

    policy: TurnPolicy = field(default_factory=TurnPolicy)
    agent_speaking: bool = False
    """Set by the shell: reply audio is being played to the caller."""
    interruptible: bool = True
    position: int = 0
    _run: int = 0
    _run_start: int = 0
    _utterance: _Utterance | None = None
    _pause: _PauseState | None = None

    @property
    def speaking(self) -> bool:
        """The caller is in an utterance (pauses included)."""
        return self._utterance is not None

    @property
    def pausing(self) -> bool:
        """The caller has gone quiet within an utterance."""
        return self._pause is not None

    def hop(self, probability: float) -> list[Decision]:
        """Take the next hop's voice probability."""
        start = self.position
        self.position += HOP
        threshold = UNVOICED if self._utterance and not self._pause else VOICED
        if probability >= threshold:
            return self._voiced(start)
        return self._quiet()

    def pause_answer(self, sample: int, text: str, score: float, confidence: float = 1.0) -> list[Decision]:
        """The words and score of the pause at `sample`. An answer for another pause is ignored."""
        pause = self._pause
        if pause is None or pause.sample != sample or pause.answered:
            return []
        pause.answered, pause.text, pause.score, pause.confidence = True, text, score, confidence
        return self._end_if_due()

    def drop(self) -> None:
        """Forget the utterance: its words were taken another way, or the recogniser failed."""
        self._utterance = None
        self._pause = None
        self._run = 0

    def _voiced(self, start: int) -> list[Decision]:
        if self._run == 0:
            self._run_start = start
        self._run += 1
        utterance = self._utterance
        if utterance is None:
            if self._run < self.policy.onset_hops:
                return []
            utterance = self._utterance = _Utterance(start=self._run_start, voiced_hops=self._run - 1)
            decisions: list[Decision] = [SpeechBegan(utterance.start)]
        else:
            decisions = []
        utterance.voiced_hops += 1
        if self._pause is None or self._run >= self.policy.onset_hops:  # A click in the silence counts for nothing.
            utterance.last_voiced = self.position
        too_long = self._too_long(utterance)
        if self._pause is not None and self._run >= self.policy.onset_hops and not too_long:
            if self._pause.asked:
                decisions.append(PauseOver())
            self._pause = None
        if self._interrupts(utterance):
            utterance.interrupted = True
            decisions.append(Interrupt(utterance.start))
        if too_long and self._pause is None:
            self._pause = _PauseState(self.position, asked=True)
            decisions.append(Pause(self.position))
        return decisions

    def _interrupts(self, utterance: _Utterance) -> bool:
        return (
            self.agent_speaking
            and self.interruptible
            and not utterance.interrupted
            and self._run >= self.policy.interrupt_hops
        )

    def _quiet(self) -> list[Decision]:
        self._run = 0
        utterance = self._utterance
        if utterance is None:
            return []
        if self._pause is None:
            self._pause = _PauseState(utterance.last_voiced)
        silence = self._elapsed(utterance.last_voiced)
        if not self._pause.asked and silence >= self.policy.pause_hops * HOP_MS:
            self._pause.asked = True
            if utterance.voiced_hops * HOP_MS < self.policy.shortest_voice_ms:
                return self._nothing_said(utterance)
            return [Pause(self._pause.sample)]
        return self._end_if_due()

    def _end_if_due(self) -> list[Decision]:
        utterance, pause = self._utterance, self._pause
        if utterance is None or pause is None or not pause.answered:
            return []
        if not pause.text.strip():
            # No words yet. A short noise is over at once; a longer one may still become a sentence.
            silence_ms = self.policy.min_silence_ms
        else:
            silence_ms = silence_needed(self.policy, pause.score, pause.text)
        quiet_enough = self._elapsed(utterance.last_voiced) >= silence_ms
        if not quiet_enough and not self._too_long(utterance):
            return []
        if not pause.text.strip():
            return self._nothing_said(utterance)
        # Endless speech is taken where it was asked about, not where it falls silent.
        due = utterance.last_voiced + math.ceil(silence_ms / HOP_MS) * HOP if quiet_enough else pause.sample
        self.drop()
        return [EndOfTurn(pause.text.strip(), utterance.start, utterance.last_voiced, pause.confidence, due)]

    def _nothing_said(self, utterance: _Utterance) -> list[Decision]:
        self.drop()
        return [NoTurn(utterance.interrupted)]

    def _too_long(self, utterance: _Utterance) -> bool:
        return self._elapsed(utterance.start) >= self.policy.longest_turn_ms

    def _elapsed(self, since: int) -> float:
        return (self.position - since) * 1000 / RATE
