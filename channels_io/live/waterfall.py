"""Voice-to-voice time of each reply, on the session's own clock. Pure.

It runs from the arrival of the caller frame that holds the last audible sample to the write of the
first audible frame of the reply. The worker's spans lie inside; what is left is called "wire".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs
from inference.events import Span, Timing

WINDOW_MS = 10
AUDIBLE_WINDOWS = 2
"""20 ms above the level: a click is not speech."""
WIRE = "wire"


@dataclass(frozen=True, slots=True)
class Measured:
    turn: int
    v2v_ms: float | None
    """None: the turn was typed, or its audio was never heard."""
    spans: tuple[Span, ...]
    prompt_tokens: int
    cached_tokens: int
    reply_tokens: int


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
        self._sound: dict[int, FirstSound] = {}
        self._timing: dict[int, Timing] = {}

    def heard(self, turn: int, speech_end_at: float | None) -> None:
        """`speech_end_at`: when the last audible sample arrived; None for typed text."""
        if speech_end_at is None:
            self._typed.add(turn)
        else:
            self._speech_end[turn] = speech_end_at

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
        for known in (self._speech_end, self._sound, self._timing):
            for old in [number for number in known if number < turn]:
                del known[old]
        self._typed = {number for number in self._typed if number >= turn}

    def _joined(self, turn: int) -> Measured | None:
        timing = self._timing.get(turn)
        if timing is None:
            return None
        spoken = self._speech_end.get(turn)
        if spoken is None:
            return self._measured(timing, None)
        sound = self._sound.get(turn)
        if sound is None or sound.at is None:
            return None
        return self._measured(timing, round((sound.at - spoken) * 1000, 1))

    def _measured(self, timing: Timing, v2v_ms: float | None) -> Measured:
        spans = timing.spans
        if v2v_ms is not None:
            known = sum(span.ms for span in spans)
            spans = (*spans, Span(WIRE, round(max(0.0, v2v_ms - known), 2)))
        return Measured(timing.turn, v2v_ms, spans, timing.prompt_tokens, timing.cached_tokens, timing.reply_tokens)
