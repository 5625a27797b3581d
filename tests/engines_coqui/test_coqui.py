"""The Coqui engine with real models of random weights."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from inference.engines.base import Speech, Synthesizer
from inference.engines.coqui import AHEAD, CoquiVoice
from inference.engines.coqui_models import GivenUp, Line, Vits, Xtts
from inference.errors import EngineError
from inference.spec import VoiceSpec


async def _texts(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def _said(
    voice: CoquiVoice, *texts: str, name: str = "", language: str = "en", speed: float = 1.0
) -> list[Speech]:
    spec = VoiceSpec("coqui", name, speed, language)
    async with aclosing(voice.speak(_texts(*texts), spec)) as speech:
        return [piece async for piece in speech]


def _samples(pieces: list[Speech]) -> np.ndarray:
    return np.concatenate([piece.frame.samples for piece in pieces])


@pytest.fixture(scope="session")
async def vits(vits_folder: Path):
    voice = CoquiVoice(path=str(vits_folder), device="cpu", threads=2)
    await voice.load()
    yield voice
    await voice.close()


@pytest.fixture(scope="session")
async def xtts(xtts_folder: Path):
    voice = CoquiVoice(path=str(xtts_folder), device="cpu", threads=2, chunk=4)
    await voice.load()
    yield voice
    await voice.close()


# --- VITS ---------------------------------------------------------------------------------------


async def test_vits_speaks_clause_by_clause_in_its_voices(vits: CoquiVoice) -> None:
    assert isinstance(vits, Synthesizer)
    assert (vits.info.languages, vits.info.voices, vits.info.rate) == (("en",), ("anna", "bert", "carl"), 22050)
    pieces = await _said(vits, "Good day.", "How may I help you?")
    assert [piece.text for piece in pieces if piece.text] == ["Good day.", "How may I help you?"]
    assert [word for word, _ in pieces[0].words] == ["Good", "day."]
    assert {piece.frame.rate for piece in pieces} == {22050}
    assert np.abs(_samples(pieces).astype(np.int32)).max() > 100


async def test_the_same_words_are_the_same_audio_and_another_voice_is_another(vits: CoquiVoice) -> None:
    anna = _samples(await _said(vits, "Good day.", name="anna"))
    assert np.array_equal(anna, _samples(await _said(vits, "Good day.", name="anna")))
    bert = _samples(await _said(vits, "Good day.", name="bert"))
    assert anna.size != bert.size or not np.array_equal(anna, bert)
    # A voice that is not here: somebody speaks all the same.
    assert np.array_equal(anna, _samples(await _said(vits, "Good day.", name="heart")))


async def test_speed_changes_the_length(vits: CoquiVoice) -> None:
    text = "This sentence is long enough to tell two speeds apart."
    assert _samples(await _said(vits, text, speed=2.0)).size < _samples(await _said(vits, text, speed=0.5)).size


async def test_several_conversations_are_spoken_in_one_batch(vits: CoquiVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    inner, begun, held = Vits.say, threading.Event(), threading.Event()

    def say(model: Vits, lines: list[Line], given_up: object) -> list[np.ndarray]:
        sizes.append(len(lines))
        if len(sizes) == 1:
            begun.set()
            assert held.wait(10)
        return inner(model, lines, given_up)  # type: ignore[arg-type]

    monkeypatch.setattr(Vits, "say", say)
    asked = [asyncio.create_task(_said(vits, "One."))]
    await asyncio.to_thread(begun.wait, 10)
    asked += [asyncio.create_task(_said(vits, text)) for text in ("And two.", "Number three.", "Four, at last.")]
    await asyncio.sleep(0)  # they have asked
    held.set()
    spoken = await asyncio.gather(*asked)
    assert all(np.abs(_samples(pieces).astype(np.int32)).max() > 100 for pieces in spoken)
    assert sizes == [1, 3]


async def test_a_sentence_is_as_long_in_a_batch_as_alone(vits: CoquiVoice) -> None:
    _, model = vits._loaded()
    assert isinstance(model, Vits)
    # The random part of the pace would make lengths differ from row to row.
    model._model.inference_noise_scale_dp = 0.0
    lines = [Line("Number one is quite long.", "anna", "en", 1.0), Line("Two.", "bert", "en", 1.0)]
    together = model.say(lines, lambda: False)
    alone = [model.say([line], lambda: False)[0] for line in lines]
    assert [each.size for each in together] == [each.size for each in alone]


def test_vits_gives_up_in_the_middle_of_a_sentence(vits_folder: Path) -> None:
    from TTS.config import load_config

    model = Vits(vits_folder, load_config(vits_folder / "config.json"), "cpu")
    asked = 0

    def given_up() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(GivenUp):
        model.say([Line("Nobody wants this.", "anna", "en", 1.0)], given_up)
    assert asked == 4  # nothing was computed after it said so
    assert model.say([Line("But this.", "anna", "en", 1.0)], lambda: False)[0].size


async def test_a_sample_is_nothing_for_vits(vits: CoquiVoice, sample: bytes) -> None:
    with pytest.raises(EngineError, match="trained with"):
        await vits.learn("clone", sample)


# --- XTTS ---------------------------------------------------------------------------------------


async def test_xtts_streams_a_clause_in_chunks(xtts: CoquiVoice) -> None:
    assert (xtts.info.languages, xtts.info.voices, xtts.info.rate) == (("en", "de"), ("Ana Bell",), 24000)
    assert xtts.info.licence == "CPML"
    pieces = await _said(xtts, "Good day.", "Guten Tag.", language="de")
    assert [piece.text for piece in pieces if piece.text] == ["Good day.", "Guten Tag."]
    assert len(pieces) > 6


async def test_the_first_chunk_comes_before_the_sentence_is_made(xtts: CoquiVoice) -> None:
    _, model = xtts._loaded()
    assert isinstance(model, Xtts)
    whole = list(model.chunks(Line("good day to you.", "Ana Bell", "en", 1.0), lambda: False))
    assert len(whole) >= 5
    first = next(iter(model.chunks(Line("good day to you.", "Ana Bell", "en", 1.0), lambda: False)))
    assert first.size < sum(each.size for each in whole) / 3


async def test_two_sentences_in_turns_are_what_each_is_alone(xtts: CoquiVoice) -> None:
    """The library keeps the prompt of the sentence begun last; ours must not mix them up."""
    _, model = xtts._loaded()
    assert isinstance(model, Xtts)
    lines = [Line("one.", "Ana Bell", "en", 1.0), Line("another one, much longer than it.", "Ana Bell", "de", 1.0)]

    original = model._model.inference_stream
    # The likeliest token each time: sampled, the two would share one generator of random numbers.
    model._model.inference_stream = lambda *args, **named: original(*args, **named, top_k=1)
    try:
        alone = [np.concatenate(list(model.chunks(line, lambda: False))) for line in lines]
        running = [model.chunks(line, lambda: False) for line in lines]
        parts: list[list[np.ndarray]] = [[], []]
        for _ in range(20):
            for made, chunks in zip(parts, running, strict=True):
                made.extend(itertools.islice(chunks, 1))
    finally:
        model._model.inference_stream = original
    for expected, mixed in zip(alone, parts, strict=True):
        got = np.concatenate(mixed)
        assert got.size == expected.size
        assert np.allclose(got, expected, atol=1e-4)


async def test_closing_stops_the_computation(xtts: CoquiVoice) -> None:
    maker, _ = xtts._loaded()
    async with aclosing(xtts.speak(_texts("a very long sentence for nobody."), VoiceSpec("coqui", ""))) as speech:
        await anext(speech)
    assert not maker._jobs and not maker._working


def test_xtts_gives_up_at_the_next_token(xtts_folder: Path) -> None:
    from TTS.config import load_config

    model = Xtts(xtts_folder, load_config(xtts_folder / "config.json"), "cpu", chunk=4)
    asked = limit = 0

    def given_up() -> bool:
        nonlocal asked
        asked += 1
        return asked > limit

    for limit in (3, 10):  # between two tokens; in the decoder that makes sound of them
        asked = 0
        with pytest.raises(GivenUp):
            list(model.chunks(Line("nobody wants this.", "Ana Bell", "en", 1.0), given_up))
        assert asked == limit + 1


async def test_nothing_is_made_far_ahead_of_a_listener_who_stands_still(xtts: CoquiVoice) -> None:
    maker, _ = xtts._loaded()
    async with aclosing(
        xtts.speak(_texts("a sentence of many chunks, and of more."), VoiceSpec("coqui", ""))
    ) as speech:
        await anext(speech)
        (job,) = maker._jobs
        async with asyncio.timeout(30):
            while job.untaken < AHEAD:
                await asyncio.sleep(0.01)
        await maker.run(lambda: None)  # the thread has nothing else to do
        assert job.untaken == AHEAD


async def test_a_voice_is_cloned_from_a_sample_once(xtts: CoquiVoice, sample: bytes) -> None:
    computed = 0
    _, model = xtts._loaded()
    inner = model._model.get_gpt_cond_latents

    def latents(*args: object, **named: object) -> object:
        nonlocal computed
        computed += 1
        return inner(*args, **named)

    model._model.get_gpt_cond_latents = latents
    own = _samples(await _said(xtts, "Good day.", name="Ana Bell"))
    await xtts.learn("clone:1", sample)
    await xtts.learn("clone:1", sample)
    cloned = _samples(await _said(xtts, "Good day.", name="clone:1"))
    assert computed == 1
    assert cloned.size != own.size or not np.array_equal(cloned, own)


async def test_samples_beside_the_model_are_voices(xtts_folder: Path, sample: bytes) -> None:
    voices = xtts_folder / "voices"
    voices.mkdir()
    (voices / "olga.wav").write_bytes(sample)
    voice = CoquiVoice(path=str(xtts_folder), device="cpu", threads=2, chunk=4)
    try:
        await voice.load()
        assert voice.info.voices == ("Ana Bell", "olga")
        assert _samples(await _said(voice, "Good day.", name="olga")).size
    finally:
        await voice.close()
        shutil.rmtree(voices)


async def test_what_is_no_sample_is_refused(xtts: CoquiVoice) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        await xtts.learn("clone:2", b"not a wav at all")


async def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no config.json"):
        await CoquiVoice(path=str(tmp_path)).load()
