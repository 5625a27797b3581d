"""The Coqui engine in a process of its own, as a worker without its libraries runs it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from inference.engines import registry
from inference.engines.apart import ApartVoice
from inference.spec import VoiceSpec


async def _texts(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def test_a_cloned_voice_speaks_from_another_process(xtts_folder: Path, sample: bytes) -> None:
    environ = {"PARLEY_VENV_COQUI": sys.prefix}
    voice = registry.create("synthesizer", "coqui", {"path": str(xtts_folder), "device": "cpu", "chunk": 4}, environ)
    assert isinstance(voice, ApartVoice)
    await voice.load()
    try:
        assert (voice.info.kind, voice.info.rate, voice.info.licence) == ("coqui", 24000, "CPML")
        await voice.learn("clone:1", sample)
        spec = VoiceSpec("coqui", "clone:1", 1.0, "de")
        async with aclosing(voice.speak(_texts("Guten Tag.", "Auf Wiederhören."), spec)) as speech:
            pieces = [piece async for piece in speech]
        assert [piece.text for piece in pieces if piece.text] == ["Guten Tag.", "Auf Wiederhören."]
        async with aclosing(voice.speak(_texts("Something long that nobody wants."), spec)) as speech:
            await anext(speech)
    finally:
        await voice.close()
