"""The features, against values that the turn model's publishers' own extractor gave for the same sound."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import numpy as np
import pytest

from inference.audio import Samples
from inference.engines.mel import BANDS, log_mel
from inference.engines.smart_turn import NICENESS, WINDOW_SAMPLES, SmartTurn, features
from inference.errors import EngineNotReady


def test_a_tone_stands_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    spectrum = log_mel(tone)
    assert spectrum.shape == (BANDS, 100)
    # 1 kHz is mel 15 of 45.25 on the Slaney scale: band 15 / 45.25 * 81 = 26.9, counted from its lower edge.
    assert int(spectrum[:, 50].argmax()) == 26
    assert spectrum.max() - spectrum.min() <= 2.0 + 1e-6  # eight decades, divided by four


def test_features_keep_the_end_and_pad_in_front() -> None:
    rng = np.random.default_rng(0)
    long = rng.normal(0, 2000, WINDOW_SAMPLES + 16000).astype(np.int16)
    assert np.array_equal(features(long), features(long[-WINDOW_SAMPLES:]))
    short = features(long[:16000])
    assert short.shape == (80, 800)
    assert np.ptp(short[:, 5:690], axis=1).max() == pytest.approx(0.0, abs=1e-5)
    assert np.ptp(short[:, 710:], axis=1).min() > 0.1


def test_values_of_the_publishers_extractor() -> None:
    time = np.arange(48_000) / 16_000
    chirp = 6000 * np.sin(2 * np.pi * (200 * time + 150 * time * time)) * np.abs(np.sin(3 * time))
    given = features(chirp.astype(np.int16))
    places = [(0, 0), (5, 520), (10, 600), (20, 700), (40, 790), (79, 650)]
    assert [given[place] for place in places] == pytest.approx(
        [-0.1598, 1.639, 0.8859, 1.531, -0.1598, -0.1598], abs=1e-3
    )
    assert (given.mean(), given.std()) == pytest.approx((-0.08978, 0.28207), abs=1e-4)


def test_loudness_does_not_matter() -> None:
    quiet = np.random.default_rng(0).normal(0, 500, 32000).astype(np.int16)
    assert np.abs(features(quiet) - features(quiet * 8)).max() < 0.01


async def test_not_loaded_and_no_weights(tmp_path) -> None:
    engine = SmartTurn(path=str(tmp_path / "none.onnx"))
    with pytest.raises(EngineNotReady, match="not loaded"):
        await engine.complete(np.zeros(16000, np.int16))
    with pytest.raises(EngineNotReady, match="no weights of a turn detector"):
        await engine.load()
    await engine.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere a niceness is a whole process's.")
async def test_the_thread_that_decides_gives_way_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def decided(samples: Samples) -> float:
        return 0.5

    engine = SmartTurn()
    before = niceness()
    monkeypatch.setattr(engine, "_open", lambda: None)
    monkeypatch.setattr(engine, "complete", decided)
    await engine.load()
    assert await asyncio.get_running_loop().run_in_executor(engine._worker, niceness) == max(before, NICENESS)
    assert niceness() == before
    await engine.close()
