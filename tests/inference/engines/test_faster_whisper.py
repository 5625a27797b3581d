"""Windows, cuts and the stream's bookkeeping with a decoder that reads back what it was given."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from inference.audio import Samples
from inference.engines.base import AsrOptions, Transcript
from inference.engines.faster_whisper import (
    MAX_PIECE,
    RATE,
    Decoder,
    FasterWhisper,
    WhisperStream,
    audible,
    last_audible,
    quietest_cut,
    window_frames,
)
from inference.engines.priority import PriorityThread
from inference.errors import EngineNotReady


class Reader(Decoder):
    """Says how many tenths of a second it was given; waits at `gate`."""

    def __init__(self) -> None:
        self.passes: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def transcribe(self, samples: Samples, options: AsrOptions) -> Transcript:
        self.gate.wait(10)
        self.passes.append(samples.size)
        return Transcript(f"{samples.size * 10 // RATE}", confidence=0.9)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def stream(reader: Reader) -> Iterator[WhisperStream]:
    thread = PriorityThread("test")
    yield WhisperStream(reader, thread, AsrOptions())
    reader.gate.set()
    thread.close()


def _noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 3000, int(seconds * RATE)).astype(np.int16)


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0, 1000), (8, 1000), (8.02, 1002), (20, 2200), (28, 3000), (99, 3000)]
)
def test_the_window_is_ten_seconds_or_two_more_than_the_clip(seconds: float, frames: int) -> None:
    assert window_frames(int(seconds * RATE)) == frames


def test_a_long_utterance_is_cut_where_it_is_quiet() -> None:
    samples = _noise(10)
    samples[7 * RATE : 7 * RATE + RATE // 5] = 0
    assert 7 * RATE <= quietest_cut(samples, 9 * RATE) <= 7 * RATE + RATE // 5


def test_digital_silence_is_not_worth_a_pass() -> None:
    assert not audible(np.zeros(RATE, np.int16))
    assert not audible(np.zeros(0, np.int16))
    assert audible(_noise(0.1))
    assert last_audible(np.concatenate([_noise(0.1), np.zeros(RATE, np.int16)])) <= RATE // 10


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


def test_a_newer_request_drops_the_partial_that_waits(reader: Reader) -> None:
    thread = PriorityThread("test")
    first, second = (WhisperStream(reader, thread, AsrOptions()) for _ in range(2))
    reader.gate.clear()
    blocking = thread.submit(0, lambda: reader.gate.wait(10))
    for stream in (first, second):
        stream.feed(_noise(0.1))
    old = thread.submit(1, lambda: Transcript("old"))
    first._optional = old
    first.reset()
    reader.gate.set()
    blocking.result(10)
    thread.close()
    assert old.cancelled()
    assert reader.passes == []


async def test_without_weights_it_says_so(tmp_path) -> None:
    engine = FasterWhisper(path=str(tmp_path / "nothing"))
    with pytest.raises(EngineNotReady, match="no folder of a recogniser's weights"):
        await engine.load()
    with pytest.raises(EngineNotReady, match="not loaded"):
        async with engine.stream(AsrOptions()):
            pass
