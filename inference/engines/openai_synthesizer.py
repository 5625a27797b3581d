"""A voice behind an OpenAI-compatible address: one request a clause, raw samples as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import numpy as np

from inference.audio import AUDIBLE_DBFS, AudioFrame, Samples, level_dbfs
from inference.engines.base import EngineInfo, Speech
from inference.engines.openai_http import ServiceClient
from inference.lending import PREFIX, LentService
from inference.spec import VoiceSpec
from inference.used import Meter, Use

MAX_CLAUSE_SECONDS = 120
FRAME_MS = 40
BLOCK_MS = 5
LEAD_SECONDS = 0.6
"""At most so much silence is taken off the beginning of a clause."""


class OpenAISynthesizer:
    """`Synthesizer` over HTTP."""

    def __init__(self, service: LentService, client: ServiceClient, meter: Meter | None = None) -> None:
        self._service = service
        self._client = client
        self._meter = meter or Meter()
        self.info = EngineInfo(kind="openai", role="synthesizer", model=f"{PREFIX}{service.id}", rate=service.rate)

    async def load(self) -> None:
        """Nothing is loaded here."""

    async def close(self) -> None:
        """The connections belong to whoever made the client."""

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        """Raises EngineError. Closing it closes the connection."""
        async for text in clauses:
            first = True
            async with aclosing(self._clause(text, voice)) as pieces:
                async for samples in pieces:
                    frame = AudioFrame.from_samples(samples, self._service.rate)
                    if first:  # It speaks: the whole clause is paid for, however much of it is heard.
                        service = self._service
                        use = Use("synthesizer", service.id, service.synthesizer, service.name, characters=len(text))
                        self._meter.add(use)
                    yield Speech(frame, text) if first else Speech(frame)
                    first = False
            if first:
                raise self._client.garbled()  # No sound for words that have one.

    async def _clause(self, text: str, voice: VoiceSpec) -> AsyncGenerator[Samples]:
        service = self._service
        body: dict[str, Any] = {
            "model": service.synthesizer,
            "input": text,
            "voice": voice.name,
            "response_format": "pcm",
        }
        if voice.speed != 1.0:
            body["speed"] = min(4.0, max(0.25, voice.speed))
        most = MAX_CLAUSE_SECONDS * service.rate
        trim = LeadTrim(service.rate)
        frame_size = service.rate * FRAME_MS // 1000
        rest = b""
        count = 0
        pending: Samples = np.zeros(0, np.int16)
        async with self._client.post_json("/audio/speech", body, "application/octet-stream") as pieces:
            async for piece in pieces:
                if not count and not rest and piece[:4] in (b"RIFF", b"OggS", b"ID3\x03", b"ID3\x04", b"fLaC"):
                    raise self._client.garbled()  # A file where raw samples were asked for would be noise.
                data = rest + piece
                even = len(data) & ~1
                rest = data[even:]
                samples = trim.feed(np.frombuffer(data[:even], "<i2").astype(np.int16))
                count += samples.size
                if count > most:
                    raise self._client.garbled()
                pending = np.concatenate([pending, samples])
                whole = pending.size // frame_size * frame_size
                if whole:
                    yield pending[:whole]
                    pending = pending[whole:]
        if pending.size:
            yield pending


class LeadTrim:
    """Takes off the silence before the first audible sample, of at most LEAD_SECONDS."""

    def __init__(self, rate: int) -> None:
        self._block = rate * BLOCK_MS // 1000
        self._left = int(rate * LEAD_SECONDS)
        self._begun = False
        self._rest: Samples = np.zeros(0, np.int16)

    def feed(self, samples: Samples) -> Samples:
        if self._begun:
            return samples
        pending = np.concatenate([self._rest, samples])
        at = 0
        while at + self._block <= pending.size and self._left > 0:
            if level_dbfs(pending[at : at + self._block]) > AUDIBLE_DBFS:
                break
            at += self._block
            self._left -= self._block
        else:
            if self._left > 0:
                self._rest = pending[at:]
                return np.zeros(0, np.int16)
        self._begun = True
        return pending[at:]
