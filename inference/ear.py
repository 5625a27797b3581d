"""The caller's side of one call: samples in, decisions out.

`Ear` joins the voice detector, the recogniser and the turn model of one conversation around the
sans-I/O `TurnTaker`. Work that takes time (recognition, the turn model) runs in tasks of the
conversation's group and comes back as further decisions; `feed` itself never waits for a model.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from inference import metrics
from inference.agreement import agreed
from inference.audio import Resampler, Samples, level_dbfs
from inference.engines.base import TranscriberStream, Transcript, TurnDetector, VoiceStream
from inference.errors import EngineError
from inference.languages import Spoken
from inference.level_gate import LevelGate
from inference.turns import (
    HOP,
    RATE,
    Decision,
    EndOfTurn,
    NoTurn,
    Pause,
    PauseOver,
    SpeechBegan,
    TurnTaker,
)

PRE_ROLL = RATE * 320 // 1000
"""Samples before the detected onset that the recogniser also gets: soft first consonants."""
TURN_WINDOW = RATE * 8
AUDIBLE = 184
"""AUDIBLE_DBFS (-45 dBFS of 16-bit full scale) as a sample."""
WINDOW = HOP // 4
"""8 ms, the window whose level decides what is audible: single peaks of a noisy line are not."""
TAIL = RATE * 160 // 1000
"""How far after the last voiced hop a trailing consonant may still be audible."""
HANGOVER = RATE * 400 // 1000
"""How long the detector may still say voice after the last audible sample."""
PARTIAL_EVERY = RATE * 320 // 1000
"""Speech between two partial passes, at least."""
QUICK_SCORE = 0.02
"""Seconds. A turn model that takes longer is asked only where the words leave the wait open: beside it the
recogniser and the language model, for which the caller waits, are slower by more than it can save."""
BUSY_FOR_HASTE = 0.5
"""From this share of the worker on, only real pauses are asked about."""
PARTIAL_SHARE = 0.25
"""Of one core, what partial passes may take: where a pass takes longer, they come less often."""


@dataclass(frozen=True, slots=True)
class HearingFailed:
    """The recogniser failed on this utterance."""

    code: str


@dataclass(frozen=True, slots=True)
class Words:
    """What has been understood so far, and how much of it will hardly change: what two passes agree on."""

    text: str
    stable: str
    pause: bool = False
    """The caller paused after these words: they may be the whole turn."""
    confidence: float = 1.0
    spoken: Spoken | None = None
    """The language they were read in, where that was asked."""


EarEvent = Decision | HearingFailed | Words
Report = Callable[[EarEvent], Awaitable[None]]


class Ear:
    """Listens to one caller. Positions given out are in samples at `rate_in`."""

    def __init__(
        self,
        *,
        rate_in: int,
        turns: TurnTaker,
        voice: VoiceStream,
        recogniser: TranscriberStream,
        detector: TurnDetector,
        tasks: asyncio.TaskGroup,
        report: Report,
        clock: Callable[[], float],
        busy: Callable[[], float],
    ) -> None:
        self.turns = turns
        self._rate_in = rate_in
        self._resampler = Resampler(rate_in, RATE)
        self._voice = voice
        self._recogniser = recogniser
        self._detector = detector
        self._gate = LevelGate()
        self._tasks = tasks
        self._report = report
        self._clock = clock
        self._busy = busy
        self._rest: Samples = np.zeros(0, np.int16)
        self._recent: deque[Samples] = deque(maxlen=TURN_WINDOW // HOP + 1)
        self._audible: deque[tuple[int, int]] = deque(maxlen=256)
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=1024)
        self._received = 0
        self._since_partial = 0
        self._partial_cost = 0.0
        self._heard = ""
        """What the last pass over this utterance read."""
        self.paused_at = 0.0
        """Clock time at which the last pause was noticed."""
        self.words_at = 0.0
        """Clock time at which its words were known."""
        self.spoken: Spoken | None = None
        """The language of the last pause's words, where that was asked."""
        self._next: TranscriberStream | None = None
        """Who recognises from the next utterance on."""
        self._scoring: asyncio.Future[float] | None = None
        self._pause_task: asyncio.Task[None] | None = None
        self._partial_task: asyncio.Task[None] | None = None

    async def feed(self, samples: Samples) -> None:
        """Take caller audio at `rate_in`; decisions go to `report` before this returns."""
        self._received += samples.size
        self._arrivals.append((self._received, self._clock()))
        resampled = self._resampler.feed(samples)
        pending = np.concatenate([self._rest, resampled]) if self._rest.size else resampled
        whole = pending.size // HOP * HOP
        for start in range(0, whole, HOP):
            await self._hop(pending[start : start + HOP])
        self._rest = pending[whole:].copy()

    async def silence(self, milliseconds: int) -> None:
        """The line went quiet without sending: count it as silence so that a turn can end."""
        await self.feed(np.zeros(self._rate_in * milliseconds // 1000, np.int16))

    def arrived(self, sample: int) -> float:
        """Clock time at which the frame holding `sample` (at rate_in) arrived."""
        best = self._clock()
        for end, at in reversed(self._arrivals):
            if end < sample:
                break
            best = at
        return best

    def listen_with(self, recogniser: TranscriberStream) -> None:
        """Another recogniser hears the caller, from the next utterance on."""
        self._next = recogniser
        if not self.turns.speaking:
            self._change_recogniser()

    def forget(self) -> None:
        """Drop the utterance in progress: its meaning came another way."""
        self._cancel()
        self.turns.drop()
        self._recogniser.reset()

    async def _hop(self, hop: Samples) -> None:
        self._recent.append(hop)
        self._note_audible(hop)
        was_speaking, was_pausing = self.turns.speaking, self.turns.pausing
        if was_speaking:
            self._recogniser.feed(hop)  # First: a pause that this hop makes is asked about with it.
        for probability in self._voice.feed(hop):
            heard = self._gate.correct(probability, level_dbfs(hop), speaking=self.turns.speaking)
            await self._decide(self.turns.hop(heard))
        if was_speaking and self.turns.speaking:
            self._since_partial += HOP
            self._maybe_partial()
        if self.turns.pausing and not was_pausing and self._busy() < BUSY_FOR_HASTE:
            # What may become a pause is asked about one hop sooner: both are done before the answer is begun.
            self._begin_partial()  # The pass at the pause joins this one, if nothing audible comes between.
            if self._detector.seconds <= QUICK_SCORE:
                self._begin_score()
        elif was_pausing and not self.turns.pausing:
            self._drop_score()

    def _note_audible(self, hop: Samples) -> None:
        power = np.square(hop.astype(np.float32)).reshape(-1, WINDOW).mean(axis=1)
        loud = np.flatnonzero(power >= AUDIBLE * AUDIBLE)
        if loud.size:
            self._audible.append((self.turns.position, self.turns.position + (int(loud[-1]) + 1) * WINDOW))

    async def _handle(self, decision: Decision) -> None:
        match decision:
            case SpeechBegan():
                self._begin()
            case Pause(sample=sample):
                self._drop_partial()
                self.paused_at = self._clock()
                self._pause_task = self._tasks.create_task(self._answer(sample))
                return
            case PauseOver():
                self._cancel()
            case EndOfTurn() | NoTurn():
                self._cancel()
                self._recogniser.reset()
        await self._report(self._placed(decision))

    def _change_recogniser(self) -> None:
        if self._next is not None:
            self._recogniser.reset()
            self._recogniser, self._next = self._next, None

    def _begin(self) -> None:
        self._change_recogniser()
        self._recogniser.reset()
        head = np.concatenate(list(self._recent)[-(PRE_ROLL // HOP + 2) :])
        self._recogniser.feed(head)
        self._since_partial = 0
        self._heard = ""
        self.spoken = None

    def _maybe_partial(self) -> None:
        wait = max(PARTIAL_EVERY, self._partial_cost / PARTIAL_SHARE * RATE)
        # Never later in a pause: the pass that decides the turn must not wait behind a partial one.
        if self._since_partial >= wait and not self.turns.pausing:
            self._begin_partial()

    def _begin_partial(self) -> None:
        if self._partial_task is None or self._partial_task.done():
            self._since_partial = 0
            self._partial_task = self._tasks.create_task(self._partial())

    async def _partial(self) -> None:
        began = self._clock()
        try:
            transcript = await self._recogniser.partial()
        except EngineError:
            return  # The final pass will say so if it fails too.
        self._partial_cost = self._clock() - began
        metrics.transcribed("partial", self._partial_cost)
        if transcript.text:
            before, self._heard = self._heard, transcript.text
            stable = agreed(before, transcript.text)
            await self._report(Words(transcript.text, stable, spoken=self._spoken(transcript)))
            await self._decide(self.turns.words(transcript.text, transcript.confidence, whole=False))

    def _begin_score(self) -> asyncio.Future[float]:
        self._drop_score()
        self._scoring = asyncio.ensure_future(self._detector.complete(np.concatenate(self._recent)))
        return self._scoring

    def _drop_score(self) -> None:
        if self._scoring is not None:
            self._scoring.cancel()
            self._scoring = None

    async def _answer(self, sample: int) -> None:
        if self._scoring is None and self._detector.seconds <= QUICK_SCORE:
            self._begin_score()
        try:
            transcript = await self._final()
            self._heard = words = transcript.text.strip()
            self.words_at = self._clock()
            self.spoken = self._spoken(transcript)
            if words:  # What may be the whole turn is thought about while the turn model still judges it.
                confidence = transcript.confidence
                await self._report(Words(words, words, pause=True, confidence=confidence, spoken=self.spoken))
                await self._decide(self.turns.words(words, transcript.confidence))
            await self._decide(self.turns.pause_answer(sample, words, None, transcript.confidence))
            scoring = self._scoring
            if scoring is None and self.turns.wants_score:
                scoring = self._begin_score()
            if scoring is not None:
                score = await scoring
                await self._decide(self.turns.pause_answer(sample, words, score, transcript.confidence))
        except EngineError as error:
            metrics.engine_failed("transcriber", error.code)
            self.turns.drop()
            self._recogniser.reset()
            await self._report(HearingFailed(error.code))
        finally:
            self._drop_score()

    async def _decide(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            await self._handle(decision)

    async def _final(self) -> Transcript:
        began = self._clock()
        transcript = await self._recogniser.final()
        metrics.transcribed("final", self._clock() - began)
        return transcript

    def _spoken(self, transcript: Transcript) -> Spoken | None:
        if not transcript.language:
            return None
        return Spoken(
            transcript.text.strip(), transcript.language, transcript.language_probability, self.turns.voiced_seconds
        )

    def _cancel(self) -> None:
        self._drop_partial()
        if self._pause_task is not None and self._pause_task is not asyncio.current_task():
            self._pause_task.cancel()
            self._drop_score()

    def _drop_partial(self) -> None:
        if self._partial_task is not None and self._partial_task is not asyncio.current_task():
            self._partial_task.cancel()

    def _placed(self, decision: Decision) -> Decision:
        """The decision with its positions at the caller's rate and its end at the last audible sample."""
        match decision:
            case EndOfTurn(text=text, speech_start=start, speech_end=end, confidence=confidence):
                last = self._at_rate(self._last_audible(end))
                return EndOfTurn(text, self._at_rate(start), last, confidence)
            case SpeechBegan(sample=sample):
                return SpeechBegan(self._at_rate(sample))
        return decision

    def _last_audible(self, voiced_end: int) -> int:
        for hop_start, last in reversed(self._audible):
            if last <= voiced_end + TAIL:
                return last if last > voiced_end - HANGOVER else voiced_end
            if hop_start < voiced_end - HANGOVER - HOP:
                break
        return voiced_end

    def _at_rate(self, sample: int) -> int:
        return sample * self._rate_in // RATE
