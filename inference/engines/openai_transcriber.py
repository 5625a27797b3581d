"""Speech recognition behind an OpenAI-compatible address: an utterance is sent as a WAV file when it is over."""

from __future__ import annotations

import asyncio
import io
import time
import wave
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import numpy as np

from inference.audio import AUDIBLE_DBFS, Samples, level_dbfs
from inference.engines.base import AsrOptions, EngineInfo, Transcript
from inference.engines.openai_http import ServiceClient, ServiceTimeout, Upload
from inference.lending import PREFIX, LentService
from inference.used import Meter, Use

RATE = 16_000
BLOCK = RATE // 50
MAX_UTTERANCE = 120 * RATE
"""Samples; of a longer utterance the end is read."""


class OpenAITranscriber:
    """`Transcriber` over HTTP."""

    def __init__(
        self,
        service: LentService,
        client: ServiceClient,
        meter: Meter | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._client = client
        self._meter = meter or Meter()
        self._clock = clock
        self.info = EngineInfo(kind="openai", role="transcriber", model=f"{PREFIX}{service.id}")

    async def load(self) -> None:
        """Nothing is loaded here."""

    async def close(self) -> None:
        """The connections belong to whoever made the client."""

    @asynccontextmanager
    async def stream(self, options: AsrOptions) -> AsyncGenerator[OpenAITranscriberStream]:
        stream = OpenAITranscriberStream(self._service, self._client, options, self._clock, self._meter)
        try:
            yield stream
        finally:
            stream.reset()


class OpenAITranscriberStream:
    """One utterance after another. One that nothing audible was added to since it was read is not read again."""

    def __init__(
        self,
        service: LentService,
        client: ServiceClient,
        options: AsrOptions,
        clock: Callable[[], float],
        meter: Meter,
    ) -> None:
        self._service = service
        self._client = client
        self._options = options
        self._clock = clock
        self._meter = meter
        self._last_partial = -1e9
        self._reading: tuple[int, asyncio.Task[Transcript]] | None = None
        """The audible samples that the request in progress, or the last one, was sent."""
        self.reset()

    def feed(self, samples: Samples) -> None:
        self._chunks.append(samples.copy())
        self._count += samples.size
        self._ends_at(samples)
        while self._count - self._dropped > MAX_UTTERANCE:
            self._dropped += self._chunks.pop(0).size

    async def partial(self) -> Transcript:
        """Nothing, unless the service may be asked in the midst of an utterance and was not just now."""
        every = self._service.partial_ms
        if not every or self._clock() - self._last_partial < every / 1000:
            return Transcript("", confidence=0.0)
        self._last_partial = self._clock()
        return await self._read()

    async def final(self) -> Transcript:
        """Raises EngineError."""
        return await self._read()

    def reset(self) -> None:
        self._drop()
        self._chunks: list[Samples] = []
        self._count = self._dropped = self._audible = 0
        self._last_partial = -1e9

    def _ends_at(self, samples: Samples) -> None:
        start = self._count - samples.size
        for at in range(0, samples.size, BLOCK):
            block = samples[at : at + BLOCK]
            if level_dbfs(block) > AUDIBLE_DBFS:
                self._audible = start + at + block.size

    def _drop(self) -> None:
        if self._reading is not None:
            self._reading[1].cancel()
            self._reading = None

    async def _read(self) -> Transcript:
        if not self._audible:
            return Transcript("", confidence=0.0, no_speech=1.0)
        if self._reading is None or self._reading[0] != self._audible or _came_to_nothing(self._reading[1]):
            self._drop()
            samples = np.concatenate(self._chunks)
            self._reading = self._audible, asyncio.ensure_future(self._ask(samples))
        task = self._reading[1]
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Whoever asked has gone. A pass that read all there is may be what is asked for next; `reset` ends it.
            if not task.done():
                task.add_done_callback(_noticed)
            raise

    async def _ask(self, samples: Samples) -> Transcript:
        service = self._service
        fields = {
            "model": service.transcriber,
            "response_format": "json",
            "temperature": "0",
        }
        if self._options.language:
            fields["language"] = self._options.language.split("-")[0]
        if self._options.hints:
            fields["prompt"] = ", ".join(self._options.hints)
        upload = Upload("file", "speech.wav", wav(samples), "audio/wav")
        limits = service.limits
        try:
            async with asyncio.timeout((limits.connect_ms + limits.first_ms) / 1000):
                answer = await self._client.post_form("/audio/transcriptions", fields, upload)
        except TimeoutError as error:
            raise ServiceTimeout(f"The service “{service.name}” did not answer in time.") from error
        except asyncio.CancelledError:  # We go: what was sent is read, and paid for.
            self._paid_for(samples)
            raise
        transcript = self._transcript(answer)
        self._paid_for(samples)
        return transcript

    def _paid_for(self, samples: Samples) -> None:
        service = self._service
        milliseconds = samples.size * 1000 // RATE
        self._meter.add(Use("transcriber", service.id, service.transcriber, service.name, audio_ms=milliseconds))

    def _transcript(self, answer: bytes) -> Transcript:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decoded = msgspec.json.decode(answer)
            if isinstance(decoded, dict) and isinstance(decoded.get("text"), str):
                text = decoded["text"].strip()
                return Transcript(text, no_speech=0.0 if text else 1.0)
        raise self._client.garbled()


def wav(samples: Samples) -> bytes:
    """A file of 16 kHz mono PCM."""
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return sink.getvalue()


def _came_to_nothing(task: asyncio.Task[Transcript]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _noticed(task: asyncio.Task[Transcript]) -> None:
    """A failure that nobody waits for any more is not worth a warning."""
    if not task.cancelled():
        task.exception()
