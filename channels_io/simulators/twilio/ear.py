"""What sounds in one ear of a call, on a time line: 8 kHz µ-law pieces at their moments, and when something was audible. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from inference.audio import AUDIBLE_DBFS, Samples, ulaw_decode

RATE = 8_000
FRAME_BYTES = 160
FRAME_SECONDS = FRAME_BYTES / RATE
WINDOW = RATE // 100
"""10 ms, what decides whether something is audible."""
SHORTEST = 2 * WINDOW / RATE
"""20 ms: a click is not speech."""
_TOUCH = 0.001
_LOUD = (32768.0 * 10 ** (AUDIBLE_DBFS / 20)) ** 2


@dataclass(slots=True)
class Sound:
    """Audible without a gap, from `began` to `ended`."""

    began: float
    ended: float

    @property
    def lasts(self) -> bool:
        return self.ended - self.began >= SHORTEST - _TOUCH


class Sounds:
    """When something was audible. A run that goes on in the next piece is one sound."""

    def __init__(self) -> None:
        self._runs: list[Sound] = []

    def feed(self, begins: float, samples: Samples) -> None:
        """A rest shorter than a window does not count."""
        whole = len(samples) // WINDOW
        if not whole:
            return
        exact = samples[: whole * WINDOW].astype(np.float64).reshape(whole, WINDOW)
        loud = np.einsum("ij,ij->i", exact, exact) / WINDOW > _LOUD
        if not loud.any():
            return
        step = WINDOW / RATE
        for index in np.flatnonzero(loud):
            at = begins + float(index) * step
            if self._runs and abs(self._runs[-1].ended - at) < _TOUCH:
                self._runs[-1].ended = at + step
            else:
                self._runs.append(Sound(at, at + step))

    def cut(self, at: float) -> None:
        """Nothing sounds from then on."""
        while self._runs and self._runs[-1].began >= at:
            self._runs.pop()
        if self._runs:
            self._runs[-1].ended = min(self._runs[-1].ended, at)

    def first_from(self, moment: float) -> float | None:
        """When the first sound of 20 ms or more began that began at `moment` or later."""
        start = bisect_left(self._runs, moment, key=lambda run: run.began)
        return next((run.began for run in self._runs[start:] if run.lasts), None)

    def last_end(self) -> float | None:
        """When the last sound ends or ended; None when there was none."""
        return next((run.ended for run in reversed(self._runs) if run.lasts), None)

    def during(self, moment: float) -> bool:
        return any(run.began <= moment < run.ended for run in reversed(self._runs))

    def all(self) -> list[Sound]:
        return [run for run in self._runs if run.lasts]


@dataclass(slots=True)
class Ear:
    """`queue`: pieces that wait for those before them (one player). `overlay`: at their own moment, mixed with the rest."""

    sounds: Sounds = field(default_factory=Sounds)
    _pieces: list[tuple[float, bytes]] = field(default_factory=list)
    ends: float = 0.0
    """When what was queued will have sounded."""

    def queue(self, ulaw: bytes, now: float) -> float:
        """When it begins to sound."""
        begins = max(self.ends, now)
        self.ends = begins + len(ulaw) / RATE
        self._add(ulaw, begins)
        return begins

    def overlay(self, ulaw: bytes, at: float) -> None:
        self._add(ulaw, at)

    def overlay_silently(self, ulaw: bytes, at: float) -> None:
        """`overlay` without looking for sound: for a line whose words are known anyway."""
        self._pieces.append((at, ulaw))

    def cut(self, at: float) -> None:
        """What would sound after `at` will not."""
        kept = []
        for begins, ulaw in self._pieces:
            if begins >= at:
                continue
            left = round((at - begins) * RATE)
            kept.append((begins, ulaw if left >= len(ulaw) else ulaw[:left]))
        self._pieces = kept
        self.ends = min(self.ends, at)
        self.sounds.cut(at)

    def quiet_since(self, now: float) -> float | None:
        """Since when nothing has been audible, if it is quiet now and something was audible before."""
        ended = self.sounds.last_end()
        return None if ended is None or ended > now else ended

    def clip(self, begins: float, ends: float | None = None) -> Samples:
        """int16 at 8 kHz of all that sounds from `begins` to `ends` (or the last piece); silence where nothing does."""
        last = max((at + len(ulaw) / RATE for at, ulaw in self._pieces), default=begins)
        until = last if ends is None else ends
        mixed = np.zeros(max(0, round((until - begins) * RATE)), dtype=np.int32)
        for at, ulaw in self._pieces:
            start = round((at - begins) * RATE)
            samples = ulaw_decode(ulaw)[max(0, -start) :]
            start = max(0, start)
            fits = samples[: max(0, len(mixed) - start)]
            mixed[start : start + len(fits)] += fits
        return np.clip(mixed, -32768, 32767).astype(np.int16)

    def _add(self, ulaw: bytes, begins: float) -> None:
        if ulaw:
            self._pieces.append((begins, ulaw))
            self.sounds.feed(begins, ulaw_decode(ulaw))
