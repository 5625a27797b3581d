"""What a session needs from the inference workers, and how it is got from `inference.client`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import msgspec
from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from agents.providers import lend
from agents.voices import sample_for, samples_for
from channels_io.workers.fleet import Fleet
from channels_io.workers.routing import Kind, Wanted
from inference import client
from inference.audio import AudioFrame
from inference.cloning import VoiceSample, is_clone
from inference.errors import WorkerError, WorkerFull, WorkerLost
from inference.events import Down, Open, Timing, Up
from inference.lending import is_lent
from inference.spec import AgentSpec, VoiceSpec, lent_services, prefix_digest
from parley import metrics


class WorkerLink(Protocol):
    """One conversation on one worker. Both directions raise WorkerLost when the worker is gone."""

    async def send(self, up: Up) -> None: ...

    def __aiter__(self) -> AsyncIterator[Down]: ...


class Workers(Protocol):
    """Every worker this web process may use."""

    def connect(self, opening: Open, *, leaving: WorkerLink | None = None) -> AbstractAsyncContextManager[WorkerLink]:
        """At another worker than that of `leaving`, which the conversation is to leave.

        Raises WorkerFull when all are, WorkerLost when none answers, WorkerError when one refuses.
        """

    async def synthesize(self, text: str, voice: VoiceSpec, rate: int, workspace: str = "") -> AudioFrame:
        """`text` spoken, at `rate`. `workspace`: whose agent's voice it is. Raises ParleyError."""


class RoutedLink:
    """`link`, to the worker at `url`: what it does is told to the fleet and to the metrics."""

    def __init__(self, link: client.WorkerLink, url: str, fleet: Fleet) -> None:
        self.url = url
        self._link = link
        self._fleet = fleet
        self._resident = link.ready.resident

    async def send(self, up: Up) -> None:
        await self._link.send(up)

    async def __aiter__(self) -> AsyncIterator[Down]:
        try:
            async for message in self._link:
                if isinstance(message, Timing):
                    metrics.WORKER_TURNS.labels("resident" if self._resident else "cold").inc()
                    self._resident = True  # It has read the prompt by now.
                yield message
        except WorkerLost:
            self._fleet.suspect(self.url)
            raise


class InferenceWorkers:
    """The workers that `fleet` knows, tried in the order that it says."""

    def __init__(self, fleet: Fleet, token: str) -> None:
        self._fleet = fleet
        self._token = token

    @asynccontextmanager
    async def connect(self, opening: Open, *, leaving: WorkerLink | None = None) -> AsyncIterator[WorkerLink]:
        opening = await _with_voices(await _with_services(opening))
        wanted = wanted_by(opening)
        refusal: WorkerError = WorkerLost("No worker answers.")
        avoid = leaving.url if isinstance(leaving, RoutedLink) else ""
        for url in await self._fleet.order(wanted, avoid=avoid):
            link = client.connect(url, self._token, opening)
            try:
                opened = await link.__aenter__()
            except WorkerError as error:
                if isinstance(error, WorkerLost):
                    self._fleet.suspect(url)
                if not isinstance(refusal, WorkerFull):
                    refusal = error
                continue
            self._fleet.begun(url, wanted)
            try:
                async with self._fleet.watched():
                    yield RoutedLink(opened, url, self._fleet)
            finally:
                await link.__aexit__(None, None, None)
            return
        raise refusal

    async def synthesize(self, text: str, voice: VoiceSpec, rate: int, workspace: str = "") -> AudioFrame:
        sample = await _sample(workspace, voice.name)
        if is_lent(voice.engine) or (is_clone(voice.name) and sample is None):
            # A service is lent to conversations, and a voice may be gone: the worker's own says our sentences.
            voice, sample = VoiceSpec("default", "default", voice.speed), None
        failure: WorkerError = WorkerLost("No worker answers.")
        for url in await self._fleet.order(Wanted("", "", "", "listen", {"synthesizer": voice.engine})):
            try:
                return await client.synthesize(url, self._token, text, voice, rate, sample=sample)
            except WorkerLost as error:
                self._fleet.suspect(url)
                failure = error
        raise failure


async def _with_services(opening: Open) -> Open:
    """With what the conversation is lent of the services that its agent names, as they are now."""
    lent = await lend(opening.spec.workspace, lent_services(opening.spec))
    return msgspec.structs.replace(opening, lent=lent) if lent else opening


async def _with_voices(opening: Open) -> Open:
    """With the samples of the cloned voices that the agent names, where it is to be heard."""
    if opening.media.kind != "voice" or opening.listen_only:
        return opening
    voices = await samples_for(opening.spec)
    return msgspec.structs.replace(opening, voices=voices) if voices else opening


async def _sample(workspace: str, voice: str) -> VoiceSample | None:
    if not is_clone(voice):
        return None
    try:
        found: VoiceSample | None = await database_sync_to_async(sample_for)(workspace, voice)
    except (DatabaseError, InterfaceError):
        return None
    return found


def wanted_by(opening: Open) -> Wanted:
    kind: Kind = "listen" if opening.listen_only else opening.media.kind
    return Wanted(opening.spec.workspace, opening.spec.agent, prefix_digest(opening.spec), kind, _models(opening.spec))


def _models(spec: AgentSpec) -> dict[str, str]:
    named = {"chat": spec.models.chat, "transcriber": spec.models.transcriber, "synthesizer": spec.voice.engine}
    return {role: "default" if is_lent(name) else name for role, name in named.items()}
