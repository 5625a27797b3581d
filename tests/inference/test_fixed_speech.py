from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest

from inference.audio import AudioFrame
from inference.engines.base import EngineInfo, Speech
from inference.errors import EngineError
from inference.fixed_speech import FixedSpeech
from inference.spec import VoiceSpec

VOICE = VoiceSpec()


class Counting:
    """A voice that counts how often it really speaks: two pieces of 100 samples a clause."""

    info = EngineInfo("counting", "synthesizer", "counting")

    def __init__(self) -> None:
        self.spoken: list[str] = []

    async def load(self) -> None: ...
    async def close(self) -> None: ...

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        async for text in clauses:
            self.spoken.append(text)
            if text == "broken":
                raise EngineError("no voice")
            for piece in (text, ""):
                yield Speech(AudioFrame.from_samples(np.full(100, len(self.spoken), np.int16), 24000), piece)


async def texts(*lines: str) -> AsyncGenerator[str]:
    for line in lines:
        yield line


async def speak(cache: FixedSpeech, voice: Counting, *lines: str, spec: VoiceSpec = VOICE) -> list[str]:
    async with aclosing(cache.speak(voice, spec, texts(*lines))) as speech:
        return [piece.text async for piece in speech]


async def test_a_sentence_is_spoken_once_per_voice() -> None:
    cache, voice = FixedSpeech(), Counting()
    assert await speak(cache, voice, "Hello.", "Bye.") == ["Hello.", "", "Bye.", ""]
    assert await speak(cache, voice, "Bye.", "Hello.") == ["Bye.", "", "Hello.", ""]
    assert voice.spoken == ["Hello.", "Bye."]
    await speak(cache, voice, "Hello.", spec=VoiceSpec(speed=1.2))
    assert voice.spoken == ["Hello.", "Bye.", "Hello."]


async def test_what_was_cut_or_failed_is_not_kept() -> None:
    cache, voice = FixedSpeech(), Counting()
    async with aclosing(cache.speak(voice, VOICE, texts("Hello."))) as speech:
        await anext(speech)
    with pytest.raises(EngineError):
        await speak(cache, voice, "broken")
    await speak(cache, voice, "Hello.")
    assert voice.spoken == ["Hello.", "broken", "Hello."]


async def test_the_least_used_goes_first_when_the_cache_is_full() -> None:
    cache, voice = FixedSpeech(limit_bytes=900), Counting()  # two sentences of 400 bytes
    await cache.prepare(voice, VOICE, "one")
    await cache.prepare(voice, VOICE, "two")
    await cache.prepare(voice, VOICE, "one")
    await cache.prepare(voice, VOICE, "three")
    await cache.prepare(voice, VOICE, "one")
    assert voice.spoken == ["one", "two", "three"]
    await cache.prepare(voice, VOICE, "two")
    assert voice.spoken == ["one", "two", "three", "two"]
