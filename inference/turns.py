"""Turn-taking without I/O: audio time, voice probabilities and words in, decisions out.

`TurnTaker` is fed one VAD hop at a time (32 ms at 16 kHz) and, when they are known, the words and
the turn model's score of the pause. It answers with decisions; it never waits, sleeps or looks at a
clock: time is the number of samples heard. The shell around it is `conversation.py`.

A pause goes through three stages: after `pause_hops` quiet hops the recogniser and the turn model
are asked (`Pause`); their answers (`pause_answer`, the words first) say how much silence is needed;
when that much has passed the turn is over (`EndOfTurn`). Resumed speech at any point cancels the
pause.

While the agent speaks, the first voiced hop is a `Stir`; it becomes speech (`SpeechBegan`) or
settles again (`Settle`). Speech interrupts (`Interrupt`) once its words say that it is more than
listening (`words`), or it lasts longer than any "mm-hm".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from inference.nodes import Expects
from inference.patience import REAL_PAUSE_MS, Evidence, Pace, Patience, score_matters, silence_needed
from inference.phrases import may_be_listening, mumbled

RATE = 16_000
HOP = 512
HOP_MS = HOP * 1000 / RATE

VOICED = 0.5
"""Probability from which a hop counts as voice; while speaking it has to fall below UNVOICED."""
UNVOICED = 0.35
_CLICK_OVER_HOPS = 2
"""Quiet hops after which so little voice is a click; before, it may be the first half of a syllable."""


@dataclass(frozen=True, slots=True)
class TurnPolicy(Patience):
    """How quickly to start, stop and give way. Milliseconds unless a name says hops."""

    onset_hops: int = 2
    interrupt_ms: float = 1000.0
    """Voice in one utterance that stops a speaking agent whatever its words: no "mm-hm" or cough lasts so long."""
    pause_hops: int = 2
    """Quiet hops before the words are asked for: 64 ms. A pause that is none costs part of a pass."""
    longest_turn_ms: float = 60_000.0
    shortest_voice_ms: float = 96.0
    """Less voice than this in all is a click, not a turn."""
    rejoin_ms: float = 900.0
    """A caller who speaks again this soon after the end of a turn had only paused: nobody reacts to an answer so fast."""


# --- decisions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stir:
    """A first voiced hop, at `sample`, while the agent speaks: play softer. `SpeechBegan` or `Settle` follows."""

    sample: int


@dataclass(frozen=True, slots=True)
class Settle:
    """What stirred was a click: play on as before."""


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
    """The caller's turn is over: `text` was said between the two samples."""

    text: str
    speech_start: int
    speech_end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class NoTurn:
    """What sounded like speech held no words. `interrupted`: the agent had been stopped for it."""

    interrupted: bool


Decision = Stir | Settle | SpeechBegan | Interrupt | Pause | PauseOver | EndOfTurn | NoTurn


@dataclass(slots=True)
class _Utterance:
    start: int
    voiced_hops: int = 0
    last_voiced: int = 0
    interrupted: bool = False
    pauses: list[float] = field(default_factory=list)
    """Real pauses after which the caller went on, in ms."""


@dataclass(slots=True)
class _PauseState:
    sample: int
    asked: bool = False
    answered: bool = False
    text: str = ""
    score: float | None = None
    confidence: float = 1.0


@dataclass(slots=True)
class TurnTaker:
    """One caller's side of the conversation, hop by hop."""

    policy: TurnPolicy = field(default_factory=TurnPolicy)
    agent_speaking: bool = False
    """Set by the shell: reply audio is being played to the caller."""
    interruptible: bool = True
    position: int = 0
    pace: Pace = field(default_factory=Pace)
    """How this caller has spoken in this call so far."""
    _ended: int | None = None
    """Where the last turn's speech ended."""
    _run: int = 0
    _run_start: int = 0
    _stirred: bool = False
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

    @property
    def voiced_seconds(self) -> float:
        """Voice in the utterance in progress, its pauses left out."""
        return self._utterance.voiced_hops * HOP_MS / 1000 if self._utterance is not None else 0.0

    def expect(self, expects: Expects) -> None:
        """From now on the agent waits for this kind of answer."""
        self.policy = replace(self.policy, expects=expects)

    def hop(self, probability: float) -> list[Decision]:
        """Take the next hop's voice probability."""
        start = self.position
        self.position += HOP
        threshold = UNVOICED if self._utterance and not self._pause else VOICED
        if probability >= threshold:
            return self._voiced(start)
        return self._quiet()

    def pause_answer(self, sample: int, text: str, score: float | None, confidence: float = 1.0) -> list[Decision]:
        """The words of the pause at `sample`, and its score, or None while the turn model still judges.

        May be called twice for one pause: words alone, then with the score. Words that suffice end the
        turn without a score. An answer for another pause, or after the score, is ignored.
        """
        pause = self._pause
        if pause is None or pause.sample != sample or pause.score is not None:
            return []
        pause.answered, pause.text, pause.score, pause.confidence = True, text, score, confidence
        return self._end_if_due()

    @property
    def wants_score(self) -> bool:
        """The pause in progress has words, and a score would change how long they wait."""
        pause = self._pause
        if pause is None or not pause.answered or pause.score is not None or not pause.text.strip():
            return False
        return score_matters(self.policy, pause.text)

    def words(self, text: str, confidence: float = 1.0, *, whole: bool = True) -> list[Decision]:
        """What the utterance says so far: speech over the agent that is more than listening interrupts it.

        `whole`: up to a pause; other words may be the half of anything, and need more confidence.
        """
        utterance = self._utterance
        if utterance is None or may_be_listening(text) or mumbled(text, confidence, whole=whole):
            return []
        return self._interrupt(utterance)

    def drop(self) -> None:
        """Forget the utterance: its words were taken another way, or the recogniser failed."""
        self._utterance = None
        self._pause = None
        self._run = 0
        self._stirred = False

    def _voiced(self, start: int) -> list[Decision]:
        if self._run == 0:
            self._run_start = start
        self._run += 1
        utterance = self._utterance
        if utterance is None:
            if self._run < self.policy.onset_hops:
                return self._stir()
            self._stirred = False
            utterance = self._utterance = _Utterance(start=self._run_start, voiced_hops=self._run - 1)
            self._rejoined(utterance.start)
            decisions: list[Decision] = [SpeechBegan(utterance.start)]
        else:
            decisions = []
        utterance.voiced_hops += 1
        if self._pause is not None and self._run == self.policy.onset_hops:
            silence_ms = (self._run_start - utterance.last_voiced) * 1000 / RATE
            utterance.pauses += [silence_ms] if silence_ms >= REAL_PAUSE_MS else []
        if self._pause is None or self._run >= self.policy.onset_hops:  # A click in the silence counts for nothing.
            utterance.last_voiced = self.position
        too_long = self._too_long(utterance)
        if self._pause is not None and self._run >= self.policy.onset_hops and not too_long:
            if self._pause.asked:
                decisions.append(PauseOver())
            self._pause = None
        if utterance.voiced_hops * HOP_MS >= self.policy.interrupt_ms:
            decisions += self._interrupt(utterance)
        if too_long and self._pause is None:
            self._pause = _PauseState(self.position, asked=True)
            decisions.append(Pause(self.position))
        return decisions

    def _stir(self) -> list[Decision]:
        if self._stirred or not self.agent_speaking or not self.interruptible:
            return []
        self._stirred = True
        return [Stir(self._run_start)]

    def _interrupt(self, utterance: _Utterance) -> list[Decision]:
        if utterance.interrupted or not self.agent_speaking or not self.interruptible:
            return []
        utterance.interrupted = True
        return [Interrupt(utterance.start)]

    def _quiet(self) -> list[Decision]:
        self._run = 0
        utterance = self._utterance
        if utterance is None:
            settled, self._stirred = self._stirred, False
            return [Settle()] if settled else []
        if self._pause is None:
            self._pause = _PauseState(utterance.last_voiced)
        silence = self._elapsed(utterance.last_voiced)
        if utterance.voiced_hops * HOP_MS < self.policy.shortest_voice_ms:
            return self._nothing_said(utterance) if silence >= _CLICK_OVER_HOPS * HOP_MS else []
        if not self._pause.asked and silence >= self.policy.pause_hops * HOP_MS:
            self._pause.asked = True
            return [Pause(self._pause.sample)]
        return self._end_if_due()

    def _end_if_due(self) -> list[Decision]:
        utterance, pause = self._utterance, self._pause
        if utterance is None or pause is None or not pause.answered:
            return []
        quiet_enough = self._elapsed(utterance.last_voiced) >= self._needed(utterance, pause)
        if not quiet_enough and not self._too_long(utterance):
            return []
        if not pause.text.strip():
            return self._nothing_said(utterance)
        for inner_ms in utterance.pauses:
            self.pace.paused(inner_ms)
        self.pace.spoke(len(pause.text.split()), utterance.voiced_hops * HOP_MS)
        self._ended = utterance.last_voiced
        self.drop()
        return [EndOfTurn(pause.text.strip(), utterance.start, utterance.last_voiced, pause.confidence)]

    def _needed(self, utterance: _Utterance, pause: _PauseState) -> float:
        if not pause.text.strip():
            return self.policy.min_silence_ms
        voiced_ms = utterance.voiced_hops * HOP_MS
        known = Evidence(pause.text, pause.score, voiced_ms, len(utterance.pauses), self.pace.factor)
        return silence_needed(self.policy, known)

    def _rejoined(self, start: int) -> None:
        """Speech so soon after the end of a turn goes on with it: that end had been a pause."""
        if self._ended is not None:
            silence_ms = (start - self._ended) * 1000 / RATE
            if silence_ms <= self.policy.rejoin_ms:
                self.pace.paused(silence_ms)
        self._ended = None

    def _nothing_said(self, utterance: _Utterance) -> list[Decision]:
        self.drop()
        return [NoTurn(utterance.interrupted)]

    def _too_long(self, utterance: _Utterance) -> bool:
        return self._elapsed(utterance.start) >= self.policy.longest_turn_ms

    def _elapsed(self, since: int) -> float:
        return (self.position - since) * 1000 / RATE
