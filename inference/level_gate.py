"""Quiet is quiet: what the voice detector says, corrected by how loud the caller is.

A neural detector goes on saying "voice" for about 200 ms after speech has faded into room tone, and
the caller would wait for that on every turn. A hop far below the loudest of the same utterance is
not voice, whatever the detector says. On a noisy line nothing is that far below, and the detector
alone decides.
"""

from __future__ import annotations

DEPTH_DB = 30.0
"""This far below the utterance's loudest hop counts as silence."""
FORGET_DB = 0.05
"""The loudest hop fades by this much a hop: 1.5 dB a second, for callers who grow quieter."""
FLOOR_DBFS = -120.0


class LevelGate:
    """One caller. Levels are RMS in dBFS of the same hop as the probability."""

    def __init__(self) -> None:
        self._loudest = FLOOR_DBFS

    def correct(self, probability: float, level: float, *, speaking: bool) -> float:
        """The probability, or 0 when this hop is silence between or after words."""
        if not speaking:
            self._loudest = FLOOR_DBFS
            if probability < 0.5:
                return probability
        if level < self._loudest - DEPTH_DB:
            return 0.0
        self._loudest = max(self._loudest - FORGET_DB, level)
        return probability
