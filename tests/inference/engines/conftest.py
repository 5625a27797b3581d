"""Real engines of the tiny profile, loaded once, and speech made by the voice itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from inference import catalogue
from inference.audio import Samples, resample
from inference.engines.hibari import HibariVoice
from inference.errors import WeightsError
from inference.spec import VoiceSpec


def weights(model: str) -> str:
    """The path of weights that are on this machine; the test is skipped where they were not pulled."""
    try:
        if catalogue.status(catalogue.models()[model]) is catalogue.Status.READY:
            return str(catalogue.ensure(model))
    except WeightsError:
        pass
    pytest.skip(f"{model} is not pulled: python -m inference.catalogue pull --profile tiny")


Speaker = Callable[[str], Samples]


async def _one(text: str) -> AsyncIterator[str]:
    yield text


@pytest.fixture
async def speak():
    """`await speak(text)` → what the voice says, 16 kHz, with a little room tone around."""
    voice = HibariVoice(path=weights("hibari-heart"))
    await voice.load()

    async def say(text: str) -> Samples:
        frames = [piece.frame.samples async for piece in voice.speak(_one(text), VoiceSpec())]
        room = np.random.default_rng(0).normal(0, 8, 3200).astype(np.int16)
        return np.concatenate([room, resample(np.concatenate(frames), 24000, 16000), room])

    yield say
    await voice.close()
