from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from channels_io.live.lines import LINES, SpeechCache, line_text, signal
from inference.audio import AudioFrame, level_dbfs
from inference.spec import VoiceSpec
from tests.channels_io.live.script import ScriptedWorkers

VOICE = VoiceSpec()
RATE = 24_000


def test_lines_in_the_callers_language_or_english() -> None:
    assert line_text("apology", "de-AT") == "Entschuldigung, einen Moment bitte."
    assert line_text("apology", "xx") == "Sorry, one moment please."


async def test_every_line_is_asked_for_once_per_voice() -> None:
    cache, workers = SpeechCache(), ScriptedWorkers()
    await asyncio.gather(*(cache.prepare(workers, VOICE, "en", RATE) for _ in range(5)))
    assert sorted(workers.spoken) == sorted(line_text(line, "en") for line in LINES)
    assert len(cache.audio(VOICE, line_text("apology", "en"), RATE)) == RATE
    await cache.prepare(workers, VoiceSpec(name="other"), "en", RATE)
    assert len(workers.spoken) == 2 * len(LINES)


async def test_without_a_voice_there_is_a_soft_signal() -> None:
    cache, workers = SpeechCache(), ScriptedWorkers()
    workers.voice_fails = True
    await cache.prepare(workers, VOICE, "en", RATE)
    pcm = cache.audio(VOICE, line_text("apology", "en"), RATE)
    assert pcm == signal(RATE)
    frame = AudioFrame(pcm, RATE)
    assert frame.duration_ms == 400
    assert -35 < level_dbfs(frame.samples) < -20
    assert int(np.abs(frame.samples[:10]).max()) < 100


async def test_a_voice_that_cannot_speak_is_told_of_once(caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    settings.PARLEY_PROFILE = "default"
    cache, workers = SpeechCache(), ScriptedWorkers()
    workers.voice_fails = True
    await cache.prepare(workers, VOICE, "en", RATE)
    await cache.prepare(workers, VOICE, "de", RATE)
    assert len(caplog.records) == 1
    settings.PARLEY_PROFILE = "fake"
    await cache.prepare(workers, VoiceSpec(name="other"), "en", RATE)
    assert len(caplog.records) == 1


async def test_the_cache_forgets_the_least_used() -> None:
    cache, workers = SpeechCache(size=len(LINES)), ScriptedWorkers()
    await cache.prepare(workers, VOICE, "en", RATE)
    await cache.prepare(workers, VOICE, "de", RATE)
    assert cache.audio(VOICE, line_text("apology", "en"), RATE) == signal(RATE)
    assert cache.audio(VOICE, line_text("apology", "de"), RATE) != signal(RATE)
