"""What a session needs from the inference workers, and how it is got from `inference.client`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from inference import client
from inference.audio import AudioFrame
from inference.errors import WorkerError, WorkerFull, WorkerLost
from inference.events import Down, Open, Up
from inference.spec import VoiceSpec


class WorkerLink(Protocol):
    """One conversation on one worker. Both directions raise WorkerLost when the worker is gone."""

    async def send(self, up: Up) -> None: ...

    def __aiter__(self) -> AsyncIterator[Down]: ...


class Workers(Protocol):
    """Every worker this web process may use."""

    def connect(self, opening: Open) -> AbstractAsyncContextManager[WorkerLink]:
        """Raises WorkerFull when all are, WorkerLost when none answers, WorkerError when one refuses."""

    async def synthesize(self, text: str, voice: VoiceSpec, rate: int) -> AudioFrame:
        """`text` spoken, at `rate`. Raises ParleyError."""


class InferenceWorkers:
    """The workers at `urls`, tried from the one with the most room on."""

    def __init__(self, urls: list[str], token: str) -> None:
        self._urls = urls
        self._token = token

    @asynccontextmanager
    async def connect(self, opening: Open) -> AsyncIterator[WorkerLink]:
        refusal: WorkerError = WorkerLost("No worker answers.")
        for url in await self._by_room():
            link = client.connect(url, self._token, opening)
            try:
                opened = await link.__aenter__()
            except WorkerError as error:
                if not isinstance(refusal, WorkerFull):
                    refusal = error
                continue
            try:
                yield opened
            finally:
                await link.__aexit__(None, None, None)
            return
        raise refusal

    async def synthesize(self, text: str, voice: VoiceSpec, rate: int) -> AudioFrame:
        order = await self._by_room()
        return await client.synthesize(order[0], self._token, text, voice, rate)

    async def _by_room(self) -> list[str]:
        if len(self._urls) == 1:
            return self._urls
        best = await client.choose_worker(self._urls, self._token)
        return [best, *(url for url in self._urls if url != best)]
