"""Recognition by faster-whisper's models on CTranslate2: the engine, and one conversation's use of it.

Every pass reads the utterance from its beginning: CTranslate2 computes a forced prefix token by
token, so telling it the words that are already known saves nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import numpy as np

from inference.audio import AUDIBLE_DBFS, Samples
from inference.engines.base import AsrOptions, EngineInfo, Transcript
from inference.engines.batch_thread import BatchThread
from inference.engines.priority import OPTIONAL, URGENT, PriorityThread
from inference.engines.whisper_decoder import RATE, Decoder
from inference.errors import EngineNotReady

MAX_PIECE = RATE * 28
"""Longer utterances are cut into pieces that leave the full window its margin."""
CUT_SEARCH = RATE * 6
"""A long utterance is cut at the quietest place of the last seconds of a piece."""
MAX_UTTERANCE = RATE * 180
"""More audio than this without a pass, and the oldest is dropped."""

_numbers = itertools.count(1)


def quietest_cut(samples: Samples, limit: int) -> int:
    """Where to cut audio longer than `limit`: the middle of the quietest 100 ms before it."""
    step = RATE // 10
    start = max(0, limit - CUT_SEARCH)
    pieces = samples[start:limit]
    windows = pieces[: pieces.size // step * step].reshape(-1, step).astype(np.float64)
    return start + int(np.argmin(np.square(windows).sum(axis=1))) * step + step // 2


def last_audible(samples: Samples) -> int:
    """Samples up to and with the last one above the level that counts as sound."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) >= 32768 * 10 ** (AUDIBLE_DBFS / 20))
    return int(loud[-1]) + 1 if loud.size else 0


@dataclass(frozen=True, slots=True)
class Pass:
    """One reading of some audio; on a GPU those of one language and one list of hints are read together."""

    decoder: Decoder
    samples: Samples
    options: AsrOptions
    given_up: Callable[[], bool]

    @property
    def key(self) -> Hashable:
        return self.options

    def __call__(self) -> Transcript:
        return self.decoder.transcribe(self.samples, self.options, self.given_up)


def read_together(passes: Sequence[Pass]) -> list[Transcript | CancelledError]:
    first = passes[0]
    return first.decoder.transcribe_many(
        [each.samples for each in passes], first.options, [each.given_up for each in passes]
    )


class FasterWhisper:
    """`path` is the model's folder. `threads` 0: one on machines of up to four cores, else up to four.

    On a GPU (`device="cuda"`, `compute_type="float16"` or "int8_float16") up to `together` conversations are read at
    once; a pass waits at most `patience_ms` for another's.
    """

    def __init__(
        self,
        *,
        model: str = "whisper-tiny.en",
        capacity: int = 0,
        path: str = "",
        threads: int = 0,
        compute_type: str = "int8",
        device: str = "cpu",
        together: int = 8,
        patience_ms: float = 4.0,
    ) -> None:
        self.info = EngineInfo(
            kind="faster_whisper", role="transcriber", model=model, rate=RATE, licence="MIT", capacity=capacity
        )
        self._path = path
        self._threads = threads
        self._compute_type = compute_type
        self._device = device
        self._decoder: Decoder | None = None
        self._together = together
        self._patience = patience_ms / 1000
        self._thread: PriorityThread | BatchThread | None = None
        self._aside: PriorityThread | BatchThread | None = None
        """Partial passes. One in mid-step cannot be stopped, and the final pass would wait for it."""

    async def load(self) -> None:
        """Read the model and decode a second of sound once."""
        if self._device == "cpu":
            self._thread, self._aside = PriorityThread("recogniser"), PriorityThread("recogniser partial")
        else:
            self._thread = self._aside = BatchThread(
                "recogniser", read_together, most=self._together, patience=self._patience
            )
        try:
            self._decoder = await self._thread.run(URGENT, self._open)
        except BaseException:
            await self.close()
            raise
        noise = np.random.default_rng(0).normal(0, 3000, RATE).astype(np.int16)
        await self._thread.run(URGENT, lambda: self._warm(noise))
        languages = _languages() if self._decoder.multilingual else ("en",)
        self.info = replace(self.info, languages=languages)

    async def close(self) -> None:
        threads = dict.fromkeys((self._thread, self._aside))
        self._thread = self._aside = self._decoder = None
        for thread in threads:
            if thread is not None:
                await asyncio.to_thread(thread.close)

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[WhisperStream]:
        if self._thread is None or self._aside is None or self._decoder is None:
            raise EngineNotReady("The recogniser is not loaded.")
        aside = self._aside
        stream = WhisperStream(self._decoder, self._thread, aside, options)
        try:
            yield stream
        finally:
            stream.reset()
            aside.forget(stream.name)

    def _open(self) -> Decoder:
        return Decoder(self._path, threads=self._threads, compute_type=self._compute_type, device=self._device)

    def _warm(self, samples: Samples) -> None:
        if self._decoder is not None:
            self._decoder.transcribe(samples, AsrOptions())


def _languages() -> tuple[str, ...]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    return tuple(_LANGUAGE_CODES)


@dataclass(slots=True)
class _Asked:
    """A pass that was asked for."""

    future: Future[Transcript]
    over: threading.Event
    covered: int
    """Samples of the utterance it reads from its beginning; 0: it reads a piece of it."""
    waiters: int = 0

    def knows_all_of(self, samples: Samples) -> bool:
        """It has been begun, and nothing audible has come since it was asked for."""
        begun = self.future.running() or (self.future.done() and not self.future.cancelled())
        return begun and self.covered > 0 and last_audible(samples) <= self.covered

    def give_up(self) -> None:
        """Drop it while it waits, end it at its next step while it runs."""
        self.over.set()
        self.future.cancel()


def _noticed(result: asyncio.Future[Transcript]) -> None:
    """A failure that nobody waits for any more is not worth a warning."""
    if not result.cancelled():
        result.exception()


class WhisperStream:
    """One conversation's utterances, one after another.

    A pass reads the whole utterance again; of a long one, the pieces that are complete are read
    once and kept as text. A pass that finds no audible sample since the last one gives that one's
    words, also where that one is still being run. `thread` runs what somebody waits for, `aside` the
    partial passes.
    """

    def __init__(
        self,
        decoder: Decoder,
        thread: PriorityThread | BatchThread,
        aside: PriorityThread | BatchThread,
        options: AsrOptions,
    ) -> None:
        self._decoder = decoder
        self._thread = thread
        self._aside = aside
        self._options = options
        self.name = f"stream {next(_numbers)}"
        """Whose passes these are, where conversations take turns."""
        self._optional: _Asked | None = None
        self.reset()

    def reset(self) -> None:
        self._drop_optional()
        self._chunks: list[Samples] = []
        self._count = 0
        self._settled: tuple[Transcript, ...] = ()
        self._known: tuple[int, Transcript] | None = None

    def feed(self, samples: Samples) -> None:
        self._chunks.append(samples.copy())
        self._count += samples.size
        while self._count > MAX_UTTERANCE:
            self._count -= self._chunks.pop(0).size

    async def partial(self) -> Transcript:
        self._drop_optional()
        return await self._pass(OPTIONAL)

    async def final(self) -> Transcript:
        """The whole utterance. A partial pass in progress that has read all there is to hear becomes this one."""
        running = self._optional
        if running is None or not running.knows_all_of(self._audio()):
            self._drop_optional()
            return await self._pass(URGENT)
        self._optional = None
        chunks, end = self._chunks, last_audible(self._audio())
        return self._noted(chunks, end, await self._result(running))

    def _drop_optional(self) -> None:
        if self._optional is not None:
            self._optional.give_up()
            self._optional = None

    async def _pass(self, priority: int) -> Transcript:
        for _ in range(MAX_UTTERANCE // (MAX_PIECE - CUT_SEARCH) + 1):
            samples = self._audio()
            if samples.size <= MAX_PIECE:
                break
            await self._settle(samples, priority)
        end = last_audible(samples)
        if self._known is not None and self._known[0] == end:
            return self._joined(self._known[1])
        chunks = self._chunks
        return self._noted(chunks, end, await self._run(samples, priority, samples.size))

    def _noted(self, chunks: list[Samples], end: int, transcript: Transcript) -> Transcript:
        """The whole text, after a pass over `chunks`, which were audible up to sample `end`."""
        if chunks and self._chunks is chunks:  # Not reset, and nothing settled, while we waited.
            self._known = (end, transcript)
        return self._joined(transcript)

    async def _settle(self, samples: Samples, priority: int) -> None:
        """Read the first piece of a long utterance for good and let its audio go."""
        cut = quietest_cut(samples, MAX_PIECE)
        chunks = self._chunks
        transcript = await self._run(samples[:cut], priority)
        if self._chunks is chunks:  # not reset, and no other pass settled it, while we waited
            fed_meanwhile = self._audio()[samples.size :]
            self._settled += (transcript,)
            self._chunks = [samples[cut:], fed_meanwhile]
            self._count = samples.size - cut + fed_meanwhile.size
            self._known = None

    async def _run(self, samples: Samples, priority: int, covered: int = 0) -> Transcript:
        over = threading.Event()
        thread = self._thread if priority == URGENT else self._aside
        future = thread.submit(priority, Pass(self._decoder, samples, self._options, over.is_set), self.name)
        asked = _Asked(future, over, covered)
        if priority == OPTIONAL:
            self._optional = asked
        return await self._result(asked)

    async def _result(self, asked: _Asked) -> Transcript:
        asked.waiters += 1
        result = asyncio.wrap_future(asked.future)
        result.add_done_callback(_noticed)
        try:
            return await asyncio.shield(result)
        finally:
            asked.waiters -= 1
            # A partial pass may outlive who asked for it: its words may be what a final one is about to ask for.
            useful = asked is self._optional and asked.knows_all_of(self._audio())
            if not asked.waiters and not useful:
                asked.give_up()  # Nobody waits any more: a pass in progress ends at its next step.

    def _audio(self) -> Samples:
        if len(self._chunks) > 1:
            self._chunks[:] = [np.concatenate(self._chunks)]
        return self._chunks[0] if self._chunks else np.zeros(0, np.int16)

    def _joined(self, last: Transcript) -> Transcript:
        if not self._settled:
            return last
        parts = [part for part in (*self._settled, last) if part.text]
        told = next((part for part in reversed(parts) if part.language), last)
        return Transcript(
            " ".join(part.text for part in parts),
            confidence=min((part.confidence for part in parts), default=0.0),
            no_speech=min(part.no_speech for part in (*self._settled, last)),
            language=told.language,
            language_probability=told.language_probability,
        )
