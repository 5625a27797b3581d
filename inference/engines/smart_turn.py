"""Is the caller done? Smart Turn v3 hears it in the voice: intonation, pace, filler words.

The last 8 s of the turn, padded with silence in front, as Whisper features; one small network; one
probability. Runs in a thread of its own, one decision at a time, beside the recogniser's final pass,
and gives way to it: the words are waited for longer.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from inference.audio import Samples, to_float
from inference.engines.base import EngineInfo
from inference.engines.mel import RATE, Floats, log_mel
from inference.errors import EngineNotReady

WINDOW_SECONDS = 8
WINDOW_SAMPLES = WINDOW_SECONDS * RATE
NICENESS = 5
"""Of the thread that decides: where cores are short it gets a third of what recognition gets."""


def features(samples: Samples) -> Floats:
    """Up to the last 8 s of 16 kHz audio → [80, 800]; zero mean and unit variance before the spectrogram."""
    audio = to_float(samples[-WINDOW_SAMPLES:])
    if audio.size < WINDOW_SAMPLES:
        audio = np.pad(audio, (WINDOW_SAMPLES - audio.size, 0))
    return log_mel(((audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)).astype(np.float32))


def _give_way() -> None:
    """Lower the priority of this thread. Elsewhere than on Linux a niceness is a whole process's."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


class SmartTurn:
    """`path` is the ONNX file; `threads` those of one decision."""

    def __init__(self, *, model: str = "smart-turn-v3.2", capacity: int = 0, path: str = "", threads: int = 1) -> None:
        self.info = EngineInfo(kind="smart_turn", role="turn_detector", model=model, licence="BSD-2-Clause")
        self._path = path
        self._threads = threads
        self.seconds = 0.0
        self._session: Any = None
        self._worker: ThreadPoolExecutor | None = None

    async def load(self) -> None:
        """Read the network and decide once."""
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="turn", initializer=_give_way)
        await asyncio.get_running_loop().run_in_executor(self._worker, self._open)
        await self.complete(np.zeros(RATE, np.int16))  # The first run makes room for all others.
        began = time.monotonic()
        await self.complete(np.zeros(RATE, np.int16))
        self.seconds = time.monotonic() - began

    async def close(self) -> None:
        worker, self._worker, self._session = self._worker, None, None
        if worker is not None:
            await asyncio.to_thread(worker.shutdown)

    async def complete(self, samples: Samples) -> float:
        if self._worker is None:
            raise EngineNotReady("The turn detector is not loaded.")
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._decide, samples.copy())

    def _open(self) -> None:
        import onnxruntime

        if not Path(self._path).is_file():
            raise EngineNotReady(f"There are no weights of a turn detector at {self._path!r}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Threads that wait must not burn the core another engine needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self._session = onnxruntime.InferenceSession(self._path, options, providers=["CPUExecutionProvider"])

    def _decide(self, samples: Samples) -> float:
        outputs = self._session.run(None, {"input_features": features(samples)[None]})
        return float(np.asarray(outputs[0]).reshape(-1)[0])
