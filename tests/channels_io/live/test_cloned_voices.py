"""A cloned voice goes to the worker with whatever is to be said in it: a conversation, our own sentences, a voice note."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError

from agents import voices
from channels_io.live.facts import LegFacts
from channels_io.live.lines import SpeechCache
from channels_io.live.toolbox import WorkspaceTools
from channels_io.live.worker import InferenceWorkers
from channels_io.messaging import voice_notes
from inference import client
from inference.audio import AudioFrame
from inference.cloning import VoiceSample
from inference.events import Media, Open
from inference.spec import VoiceSpec
from parley.accounts.models import Workspace
from tests.channels_io.live.script import SPEC
from tests.support.voices import make_voice

pytestmark = pytest.mark.django_db(transaction=True)


class OneWorker:
    """A fleet of one."""

    async def order(self, wanted: Any, *, avoid: str = "") -> list[str]:
        return ["http://worker"]

    def begun(self, url: str, wanted: Any) -> None: ...

    def suspect(self, url: str) -> None: ...

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        yield


class Worker:
    """What `inference.client` was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[Open] = []
        self.said: list[tuple[str, VoiceSpec, VoiceSample | None]] = []
        monkeypatch.setattr(client, "connect", self.connect)
        monkeypatch.setattr(client, "synthesize", self.synthesize)
        monkeypatch.setattr(client, "synthesize_file", self.synthesize_file)
        self.workers = InferenceWorkers(OneWorker(), "token")  # type: ignore[arg-type]

    @asynccontextmanager
    async def connect(self, url: str, token: str, opening: Open) -> AsyncGenerator[Any]:
        self.opened.append(opening)
        yield type("Link", (), {"ready": type("Ready", (), {"resident": True})})

    async def synthesize(
        self, url: str, token: str, text: str, voice: VoiceSpec, rate: int, *, sample: VoiceSample | None = None
    ) -> AudioFrame:
        self.said.append((text, voice, sample))
        return AudioFrame(b"\x01\x00" * 100, rate)

    async def synthesize_file(self, url: str, token: str, text: str, voice: VoiceSpec, **options: Any) -> bytes:
        self.said.append((text, voice, options["sample"]))
        return b"OggS"

    async def open(self, opening: Open) -> Open:
        async with self.workers.connect(opening):
            return self.opened[-1]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


def spoken_by(workspace: Workspace, voice: str) -> Any:
    return msgspec.structs.replace(SPEC, workspace=workspace.public_id, voice=VoiceSpec("coqui", voice))


async def test_an_opening_carries_the_sample_where_it_is_to_be_heard(acme: Workspace, worker: Worker) -> None:
    voice = await database_sync_to_async(make_voice)(acme)
    spec, sample = spoken_by(acme, voice.voice), VoiceSample(bytes(voice.sample))
    assert (await worker.open(Open(spec, "cv_1", Media("voice")))).voices == (sample,)
    assert (await worker.open(Open(spec, "cv_1", Media("text")))).voices == ()
    assert (await worker.open(Open(spec, "cv_1", Media("voice"), listen_only=True))).voices == ()
    assert (await worker.open(Open(spoken_by(acme, "ana"), "cv_1", Media("voice")))).voices == ()


async def test_another_workspaces_voice_is_none(acme: Workspace, globex: Workspace, worker: Worker) -> None:
    voice = await database_sync_to_async(make_voice)(globex)
    spec = spoken_by(acme, voice.voice)
    assert (await worker.open(Open(spec, "cv_1", Media("voice")))).voices == ()
    await worker.workers.synthesize("Hello.", spec.voice, 24_000, acme.public_id)
    assert worker.said == [("Hello.", VoiceSpec("default", "default", 1.0), None)]


async def test_a_call_is_taken_while_the_database_is_away(
    acme: Workspace, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(workspace: str, names: Any) -> Any:
        raise OperationalError("the database is away")

    spec = spoken_by(acme, f"clone:{'a' * 32}")
    monkeypatch.setattr(voices, "_samples", away)
    assert (await worker.open(Open(spec, "cv_1", Media("voice")))).voices == ()
    await worker.workers.synthesize("Hello.", spec.voice, 24_000, acme.public_id)
    assert worker.said[0][1].engine == "default"


async def test_our_own_sentences_are_said_in_it(acme: Workspace, worker: Worker) -> None:
    voice = await database_sync_to_async(make_voice)(acme)
    spoken = VoiceSpec("coqui", voice.voice)
    cache = SpeechCache()
    assert await cache.at_hand(worker.workers, spoken, "One moment.", 8_000, within=5, workspace=acme.public_id)
    assert worker.said == [("One moment.", spoken, VoiceSample(bytes(voice.sample)))]


async def test_an_agent_that_takes_over_brings_it(acme: Workspace, globex: Workspace) -> None:
    voice = await database_sync_to_async(make_voice)(acme)
    tools = WorkspaceTools(LegFacts(leg="lg_1", conversation="cv_1", agent="Ada", spec=spoken_by(acme, "ana")))
    other = msgspec.structs.replace(spoken_by(acme, voice.voice), agent="ag_2")
    assert await tools.voices(other) == (VoiceSample(bytes(voice.sample)),)
    assert await tools.voices(msgspec.structs.replace(other, workspace=globex.public_id)) == ()


def test_a_voice_note_is_said_in_it(acme: Workspace, worker: Worker) -> None:
    voice = make_voice(acme)
    spoken = VoiceSpec("coqui", voice.voice)
    voice_notes.speak("See you on Saturday.", spoken, workspace=acme.public_id)
    assert worker.said == [("See you on Saturday.", spoken, VoiceSample(bytes(voice.sample)))]
