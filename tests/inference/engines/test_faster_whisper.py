"""Windows, cuts and the stream's bookkeeping with a decoder that reads back what it was given."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace

import numpy as np
import pytest

from inference.audio import Samples
from inference.engines.base import AsrOptions, Transcript
from inference.engines.faster_whisper import (
    MAX_PIECE,
    FasterWhisper,
    WhisperStream,
    last_audible,
    quietest_cut,
)
from inference.engines.priority import PriorityThread
from inference.engines.whisper_decoder import RATE, Decoder
from inference.errors import EngineNotReady


class Reader(Decoder):
    """Says how many tenths of a second it was given; waits at `gate`, then looks whether it was given up."""

    def __init__(self) -> None:
        self.passes: list[int] = []
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def transcribe(
        self, samples: Samples, options: AsrOptions, given_up: Callable[[], bool] = lambda: False
    ) -> Transcript:
        self.begun.set()
        self.gate.wait(10)
        if given_up():
            raise CancelledError
        self.passes.append(samples.size)
        return Transcript(f"{samples.size * 10 // RATE}", confidence=0.9)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def stream(reader: Reader) -> Iterator[WhisperStream]:
    thread, aside = PriorityThread("test"), PriorityThread("test partial")
    yield WhisperStream(reader, thread, aside, AsrOptions())
    reader.gate.set()
    thread.close()
    aside.close()


def _noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 3000, int(seconds * RATE)).astype(np.int16)


def test_a_long_utterance_is_cut_where_it_is_quiet() -> None:
    samples = _noise(10)
    samples[7 * RATE : 7 * RATE + RATE // 5] = 0
    assert 7 * RATE <= quietest_cut(samples, 9 * RATE) <= 7 * RATE + RATE // 5


def test_the_last_audible_sample_is_before_the_silence() -> None:
    assert 1000 < last_audible(np.concatenate([_noise(0.1), np.zeros(RATE, np.int16)])) <= RATE // 10
    assert last_audible(np.zeros(RATE, np.int16)) == 0


async def test_a_pass_reads_the_whole_utterance(stream: WhisperStream, reader: Reader) -> None:
    stream.feed(_noise(0.5))
    assert (await stream.partial()).text == "5"
    stream.feed(_noise(0.5))
    assert (await stream.final()).text == "10"
    stream.reset()
    stream.feed(_noise(0.3))
    assert (await stream.final()).text == "3"
    assert reader.passes == [8000, 16000, 4800]


async def test_silence_after_the_last_pass_costs_no_further_pass(stream: WhisperStream, reader: Reader) -> None:
    stream.feed(_noise(0.5))
    partial = await stream.partial()
    stream.feed(np.zeros(RATE // 10, np.int16))
    assert await stream.final() == partial
    assert reader.passes == [8000]


async def test_a_long_utterance_is_read_once_piece_by_piece_and_joined(stream: WhisperStream, reader: Reader) -> None:
    for _ in range(70):
        stream.feed(_noise(1))
    words = (await stream.partial()).text.split()
    assert len(words) == 3
    assert sum(reader.passes) == 70 * RATE
    assert max(reader.passes) <= MAX_PIECE
    stream.feed(_noise(1))
    assert (await stream.final()).text.split()[:2] == words[:2]
    assert len(reader.passes) == 4


async def test_an_endless_utterance_keeps_a_bounded_tail(stream: WhisperStream) -> None:
    for _ in range(400):
        stream.feed(_noise(1))
    assert sum(chunk.size for chunk in stream._chunks) == 180 * RATE


async def _begun(reader: Reader) -> None:
    await asyncio.to_thread(reader.begun.wait, 10)


async def test_a_final_pass_drops_the_partial_that_waits(stream: WhisperStream, reader: Reader) -> None:
    reader.gate.clear()
    holding = stream._aside.submit(0, lambda: reader.gate.wait(10))
    stream.feed(_noise(0.1))
    partial = asyncio.create_task(stream.partial())
    await asyncio.sleep(0)
    stream.feed(_noise(0.1))
    final = asyncio.create_task(stream.final())
    await asyncio.sleep(0)
    reader.gate.set()
    assert (await final).text == "2"
    assert holding.result(10)
    with pytest.raises(asyncio.CancelledError):
        await partial
    assert reader.passes == [3200]


async def test_a_final_pass_ends_the_partial_in_progress_at_its_next_step(
    stream: WhisperStream, reader: Reader
) -> None:
    reader.gate.clear()
    stream.feed(_noise(0.1))
    partial = asyncio.create_task(stream.partial())
    await _begun(reader)
    stream.feed(_noise(0.1))
    final = asyncio.create_task(stream.final())
    await asyncio.sleep(0)
    reader.gate.set()
    assert (await final).text == "2"
    with pytest.raises(asyncio.CancelledError):
        await partial
    assert reader.passes == [3200]


@pytest.mark.parametrize("kind", ["partial", "final"])
async def test_a_pass_nobody_waits_for_ends_at_its_next_step(stream: WhisperStream, reader: Reader, kind: str) -> None:
    reader.gate.clear()
    stream.feed(_noise(0.1))
    asked = asyncio.create_task(stream.partial() if kind == "partial" else stream.final())
    await _begun(reader)
    stream.feed(_noise(0.1))
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    reader.gate.set()
    assert (await stream.final()).text == "2"
    assert reader.passes == [3200]


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_partial_that_knows_all_there_is_to_hear_becomes_the_final_pass(
    stream: WhisperStream, reader: Reader, cancelled: bool
) -> None:
    reader.gate.clear()
    stream.feed(_noise(0.1))
    partial = asyncio.create_task(stream.partial())
    await _begun(reader)
    stream.feed(np.zeros(RATE // 5, np.int16))  # The caller fell silent.
    if cancelled:
        partial.cancel()
    final = asyncio.create_task(stream.final())
    await asyncio.sleep(0)
    reader.gate.set()
    assert (await final).text == "1"
    assert reader.passes == [1600]
    assert await stream.final() == final.result()
    if cancelled:
        with pytest.raises(asyncio.CancelledError):
            await partial
    else:
        assert await partial == final.result()
    assert reader.passes == [1600]


async def test_a_partial_that_became_the_final_pass_ends_with_it(stream: WhisperStream, reader: Reader) -> None:
    reader.gate.clear()
    stream.feed(_noise(0.1))
    partial = asyncio.create_task(stream.partial())
    await _begun(reader)
    partial.cancel()
    final = asyncio.create_task(stream.final())
    await asyncio.sleep(0)
    final.cancel()  # The caller went on.
    with pytest.raises(asyncio.CancelledError):
        await final
    reader.gate.set()
    stream.feed(_noise(0.1))
    assert (await stream.final()).text == "2"
    assert reader.passes == [3200]


async def test_words_of_an_utterance_that_is_over_are_not_those_of_the_next(
    stream: WhisperStream, reader: Reader
) -> None:
    reader.gate.clear()
    stream.feed(_noise(0.1))
    final = asyncio.create_task(stream.final())
    await _begun(reader)
    stream.reset()
    stream.feed(np.concatenate([_noise(0.1), np.zeros(RATE, np.int16)]))  # Audible just as far.
    reader.gate.set()
    assert (await final).text == "1"
    assert (await stream.final()).text == "11"


async def test_a_final_pass_does_not_wait_for_the_step_of_a_partial_one(stream: WhisperStream, reader: Reader) -> None:
    let_go = threading.Event()
    holding = stream._aside.submit(1, lambda: let_go.wait(10))
    stream.feed(_noise(0.2))
    assert (await stream.final()).text == "2"
    assert not holding.done()
    let_go.set()
    assert holding.result(10)


async def test_a_reset_gives_up_the_partial_in_progress(stream: WhisperStream, reader: Reader) -> None:
    reader.gate.clear()
    stream.feed(_noise(0.1))
    partial = asyncio.create_task(stream.partial())
    await _begun(reader)
    stream.reset()
    reader.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await partial
    assert reader.passes == []


async def test_without_weights_it_says_so(tmp_path) -> None:
    engine = FasterWhisper(path=str(tmp_path / "nothing"))
    with pytest.raises(EngineNotReady, match="no folder of a recogniser's weights"):
        await engine.load()
    with pytest.raises(EngineNotReady, match="not loaded"):
        async with engine.stream(AsrOptions()):
            pass


async def test_a_long_utterance_has_the_language_of_its_last_words() -> None:
    class Telling(Reader):
        def transcribe(
            self, samples: Samples, options: AsrOptions, given_up: Callable[[], bool] = lambda: False
        ) -> Transcript:
            told = super().transcribe(samples, options, given_up)
            return replace(told, language="en" if len(self.passes) == 1 else "de", language_probability=0.9)

    reader, thread, aside = Telling(), PriorityThread("test"), PriorityThread("test partial")
    long = WhisperStream(reader, thread, aside, AsrOptions(languages=("en", "de")))
    for _ in range(40):
        long.feed(_noise(1))
    transcript = await long.final()
    thread.close()
    aside.close()
    assert len(reader.passes) == 2
    assert (transcript.language, transcript.language_probability) == ("de", 0.9)
