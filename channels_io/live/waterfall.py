"""Voice-to-voice time of each reply, on the session's own clock. Pure.

It runs from the arrival of the caller frame that holds the last audible sample to the write of the
first audible frame of the reply. The worker's spans lie inside; then comes "pacing", from the arrival
here of the first audible sample to its write, and what is left is called "wire".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from channels_io.entries import missed_budget
from channels_io.waits import PACING, WIRE
from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs
from inference.events import Span, Timing

WINDOW_MS = 10
AUDIBLE_WINDOWS = 2
"""20 ms above the level: a click is not speech."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`spans` add up to `v2v_ms`. The counts are those of the worker's Timing."""

    turn: int
    v2v_ms: float | None
    """None: the turn was typed, or its audio was never heard."""
    spans: tuple[Span, ...]
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    guesses_wasted: int = 0
    filler: bool = False
    ended_at: float | None = None
    """When the last span ended, on the session's clock in seconds. None: it was not seen here."""

    @property
    def wait_ms(self) -> float:
        """Voice to voice; of a typed turn, the sum of its spans."""
        return sum(span.ms for span in self.spans) if self.v2v_ms is None else self.v2v_ms

    def missed(self, budget_ms: float) -> bool:
        return missed_budget(self.v2v_ms, filler=self.filler, budget_ms=budget_ms)


class FirstSound:
    """Finds the first audible window of one reply while its frames pass."""

    def __init__(self, rate: int) -> None:
        self._window = rate * WINDOW_MS // 1000
        self._rest: Samples = np.zeros(0, dtype=np.int16)
        self._loud = 0
        self._first_frame_at = 0.0
        self.at: float | None = None

    def feed(self, pcm: bytes, now: float) -> bool:
        """True once, with the frame that completes the first 20 ms of sound; `at` is then known."""
        if self.at is not None:
            return False
        samples = np.concatenate([self._rest, np.frombuffer(pcm, dtype="<i2")])
        whole = len(samples) // self._window * self._window
        self._rest = samples[whole:]
        for start in range(0, whole, self._window):
            if level_dbfs(samples[start : start + self._window]) <= AUDIBLE_DBFS:
                self._loud = 0
                continue
            if self._loud == 0:
                self._first_frame_at = now
            self._loud += 1
            if self._loud == AUDIBLE_WINDOWS:
                self.at = self._first_frame_at
                return True
        return False


class Waterfall:
    """Joins what is known about one turn, in whichever order it comes."""

    def __init__(self, rate_out: int) -> None:
        self._rate_out = rate_out
        self._speech_end: dict[int, float] = {}
        self._typed: set[int] = set()
        self._arrived: dict[int, FirstSound] = {}
        self._sound: dict[int, FirstSound] = {}
        self._timing: dict[int, Timing] = {}

    def heard(self, turn: int, speech_end_at: float | None) -> None:
        """`speech_end_at`: when the last audible sample arrived; None for typed text."""
        if speech_end_at is None:
            self._typed.add(turn)
        else:
            self._speech_end[turn] = speech_end_at

    def arrived(self, turn: int, pcm: bytes, now: float) -> None:
        """Audio of the reply came from the worker."""
        if turn not in self._arrived:
            self._arrived[turn] = FirstSound(self._rate_out)
        self._arrived[turn].feed(pcm, now)

    def wrote(self, turn: int, pcm: bytes, now: float) -> Measured | None:
        """A frame of the reply was written."""
        if turn not in self._sound:
            self._sound[turn] = FirstSound(self._rate_out)
        return self._joined(turn) if self._sound[turn].feed(pcm, now) else None

    def timed(self, timing: Timing) -> Measured | None:
        """The worker's spans came. A turn that nobody spoke is complete with them."""
        self._timing[timing.turn] = timing
        return self._joined(timing.turn)

    def forget_before(self, turn: int) -> None:
        for known in (self._speech_end, self._arrived, self._sound, self._timing):
            for old in [number for number in known if number < turn]:
                del known[old]
        self._typed = {number for number in self._typed if number >= turn}

    def _joined(self, turn: int) -> Measured | None:
        timing = self._timing.get(turn)
        if timing is None:
            return None
        spoken = self._speech_end.get(turn)
        if spoken is None:
            return _measured(timing, timing.spans)
        sound = self._sound.get(turn)
        if sound is None or sound.at is None:
            return None
        v2v_ms = round((sound.at - spoken) * 1000, 1)
        came = self._arrived.get(turn)
        paced = 0.0 if came is None or came.at is None else (sound.at - came.at) * 1000
        return _measured(timing, _fitted(timing.spans, paced, v2v_ms), v2v_ms, sound.at)


def _fitted(spans: tuple[Span, ...], paced: float, v2v_ms: float) -> tuple[Span, ...]:
    """The worker's spans, pacing and wire: together exactly `v2v_ms`.

    Where the worker counted more than passed here, its first waits are shortened: it dates the end of
    speech by the sample, we by the arrival of the frame around it.
    """
    pacing = round(max(0.0, min(paced, v2v_ms)), 2)
    over = sum(span.ms for span in spans) + pacing - v2v_ms
    fitted: list[Span] = []
    for span in spans:
        less = min(span.ms, max(0.0, over))
        over -= less
        fitted.append(Span(span.name, round(span.ms - less, 2)))
    wire = v2v_ms - pacing - sum(span.ms for span in fitted)
    return (*fitted, Span(PACING, pacing), Span(WIRE, round(max(0.0, wire), 2)))


def _measured(
    timing: Timing, spans: tuple[Span, ...], v2v_ms: float | None = None, ended_at: float | None = None
) -> Measured:
    return Measured(
        turn=timing.turn,
        v2v_ms=v2v_ms,
        spans=spans,
        prompt_tokens=timing.prompt_tokens,
        cached_tokens=timing.cached_tokens,
        reply_tokens=timing.reply_tokens,
        guesses_wasted=timing.guesses_wasted,
        filler=timing.filler,
        ended_at=ended_at,
    )
