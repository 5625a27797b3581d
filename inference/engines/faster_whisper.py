"""Recognition by Whisper on CTranslate2, with an encoder window as short as the clip allows.

Whisper pads every clip to 30 s. The encoder takes fewer frames: 10 s instead of 30 is three times
as fast and reads the same words, as long as the clip ends two seconds before the window does.
When the text runs into a loop, the clip is read again with the full window.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs, to_float
from inference.engines.base import AsrOptions, EngineInfo, Transcript
from inference.engines.priority import OPTIONAL, URGENT, PriorityThread
from inference.engines.whisper_text import clean, is_degenerate, is_phantom, loop_start
from inference.errors import EngineError, EngineNotReady

RATE = 16_000
FRAME = RATE // 100
"""Samples of one spectrogram frame."""
SHORT_FRAMES = 1000
FULL_FRAMES = 3000
MARGIN_FRAMES = 200
MAX_PIECE = RATE * 28
"""Longer utterances are cut into pieces that leave the full window its margin."""
CUT_SEARCH = RATE * 6
"""A long utterance is cut at the quietest place of the last seconds of a piece."""
MAX_UTTERANCE = RATE * 180
"""More audio than this without a pass, and the oldest is dropped."""
FLOOR_DBFS = -60.0
"""Audio whose loudest 10 ms stays below this holds nothing to recognise."""
TOKENS_PER_SECOND = 8
"""No caller speaks faster; a loop is cut here."""
HINT_CHARACTERS = 400


def window_frames(samples: int) -> int:
    """Encoder frames for a clip: at least SHORT_FRAMES, two seconds more than the clip, even, at most FULL_FRAMES."""
    needed = math.ceil(samples / FRAME) + MARGIN_FRAMES
    return min(FULL_FRAMES, max(SHORT_FRAMES, needed + needed % 2))


def quietest_cut(samples: Samples, limit: int) -> int:
    """Where to cut audio longer than `limit`: the middle of the quietest 100 ms before it."""
    step = RATE // 10
    start = max(0, limit - CUT_SEARCH)
    pieces = samples[start:limit]
    windows = pieces[: pieces.size // step * step].reshape(-1, step).astype(np.float64)
    return start + int(np.argmin(np.square(windows).sum(axis=1))) * step + step // 2


class Decoder:
    """One loaded model. Called by one thread at a time."""

    def __init__(self, path: str, *, threads: int, compute_type: str, device: str) -> None:
        from faster_whisper import WhisperModel

        if not Path(path).is_dir():
            raise EngineNotReady(f"There is no folder of a recogniser's weights at {path!r}.")
        self.model: Any = WhisperModel(
            path, device=device, compute_type=compute_type, cpu_threads=threads, num_workers=1, local_files_only=True
        )
        self.multilingual = bool(self.model.model.is_multilingual)
        self._tokenizers: dict[str, Any] = {}

    def transcribe(self, samples: Samples, options: AsrOptions) -> Transcript:
        """At most MAX_PIECE samples → their words. Empty for silence and noise."""
        if not audible(samples):
            return Transcript("", confidence=0.0, no_speech=1.0)
        features = self.model.feature_extractor(to_float(samples))
        frames = window_frames(samples.size)
        transcript = self._decode(features, frames, options)
        if is_degenerate(transcript.text):
            transcript = self._decode(features, FULL_FRAMES, replace(options, hints=()))
            cut = loop_start(transcript.text)
            if cut >= 0:
                transcript = replace(transcript, text=transcript.text[:cut].strip(), confidence=0.0)
        if is_phantom(transcript.text, math.log(max(transcript.confidence, 1e-9)), transcript.no_speech):
            return replace(transcript, text="")
        return transcript

    def _decode(self, features: npt.NDArray[np.float32], frames: int, options: AsrOptions) -> Transcript:
        from faster_whisper.audio import pad_or_trim

        tokenizer = self._tokenizer(options.language)
        hints = ", ".join(options.hints)[:HINT_CHARACTERS]
        encoded = self.model.encode(pad_or_trim(features, frames))
        prompt = self.model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hints or None)
        result = self.model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=min(self.model.max_length, len(prompt) + 32 + TOKENS_PER_SECOND * features.shape[-1] // 100),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed(tokenizer),
        )[0]
        tokens = result.sequences_ids[0]
        log_probability = result.scores[0] * len(tokens) / (len(tokens) + 1) if tokens else -9.0
        return Transcript(
            clean(tokenizer.decode(tokens)),
            confidence=min(1.0, math.exp(log_probability)),
            no_speech=float(result.no_speech_prob),
        )

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        code = language.split("-")[0].lower() if self.multilingual else "en"
        if code not in self._tokenizers:
            try:
                self._tokenizers[code] = Tokenizer(
                    self.model.hf_tokenizer, self.multilingual, task="transcribe", language=code
                )
            except ValueError as error:
                raise EngineError(f"The recogniser does not know the language {code!r}.", code="language") from error
        return self._tokenizers[code]

    def _suppressed(self, tokenizer: Any) -> list[int]:
        from faster_whisper.transcribe import get_suppressed_tokens

        return list(get_suppressed_tokens(tokenizer, [-1]) or ())


def audible(samples: Samples) -> bool:
    """Whether any 10 ms of it is above the floor."""
    windows = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    if windows.size == 0:
        return False
    loudest = windows[int(np.argmax(np.abs(windows.astype(np.int32)).sum(axis=1)))]
    return level_dbfs(loudest) > FLOOR_DBFS


def last_audible(samples: Samples) -> int:
    """Samples up to and with the last one above the level that counts as sound."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) >= 32768 * 10 ** (AUDIBLE_DBFS / 20))
    return int(loud[-1]) + 1 if loud.size else 0


class FasterWhisper:
    """`path` is the model's folder. `threads` 0: one per core, at most four."""

    def __init__(
        self,
        *,
        model: str = "whisper-tiny.en",
        capacity: int = 0,
        path: str = "",
        threads: int = 0,
        compute_type: str = "int8",
        device: str = "cpu",
    ) -> None:
        self.info = EngineInfo(
            kind="faster_whisper", role="transcriber", model=model, rate=RATE, licence="MIT", capacity=capacity
        )
        self._path = path
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._compute_type = compute_type
        self._device = device
        self._decoder: Decoder | None = None
        self._thread: PriorityThread | None = None

    async def load(self) -> None:
        """Read the model and decode a second of sound once."""
        self._thread = PriorityThread("recogniser")
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
        thread, self._thread, self._decoder = self._thread, None, None
        if thread is not None:
            await asyncio.to_thread(thread.close)

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[WhisperStream]:
        if self._thread is None or self._decoder is None:
            raise EngineNotReady("The recogniser is not loaded.")
        stream = WhisperStream(self._decoder, self._thread, options)
        try:
            yield stream
        finally:
            stream.reset()

    def _open(self) -> Decoder:
        return Decoder(self._path, threads=self._threads, compute_type=self._compute_type, device=self._device)

    def _warm(self, samples: Samples) -> None:
        if self._decoder is not None:
            self._decoder.transcribe(samples, AsrOptions())


def _languages() -> tuple[str, ...]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    return tuple(_LANGUAGE_CODES)


class WhisperStream:
    """One conversation's utterances, one after another.

    A pass reads the whole utterance again; of a long one, the pieces that are complete are read
    once and kept as text. A pass that finds no audible sample since the last one gives that one's words.
    """

    def __init__(self, decoder: Decoder, thread: PriorityThread, options: AsrOptions) -> None:
        self._decoder = decoder
        self._thread = thread
        self._options = options
        self._optional: Future[Transcript] | None = None
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
        self._drop_optional()
        return await self._pass(URGENT)

    def _drop_optional(self) -> None:
        if self._optional is not None:
            self._optional.cancel()
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
        transcript = await self._run(samples, priority)
        if self._chunks:
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

    async def _run(self, samples: Samples, priority: int) -> Transcript:
        future = self._thread.submit(priority, lambda: self._decoder.transcribe(samples, self._options))
        if priority == OPTIONAL:
            self._optional = future
        return await asyncio.wrap_future(future)

    def _audio(self) -> Samples:
        if len(self._chunks) > 1:
            self._chunks[:] = [np.concatenate(self._chunks)]
        return self._chunks[0] if self._chunks else np.zeros(0, np.int16)

    def _joined(self, last: Transcript) -> Transcript:
        if not self._settled:
            return last
        parts = [part for part in (*self._settled, last) if part.text]
        return Transcript(
            " ".join(part.text for part in parts),
            confidence=min((part.confidence for part in parts), default=0.0),
            no_speech=min(part.no_speech for part in (*self._settled, last)),
        )
