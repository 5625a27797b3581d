"""What a worker does with samples of voices: with an opening, with an agent that takes over, over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from inference import client
from inference.cloning import MOST_SAMPLE_BYTES, VoiceSample
from inference.config import WorkerConfig
from inference.conversation import Conversation
from inference.engines import registry
from inference.engines.base import EngineInfo, Speech
from inference.engines.fake import FakeSynthesizer
from inference.errors import EngineError
from inference.events import Close, Media, Open, ReplyDone, ToolCall, ToolResult
from inference.failover import fitting, standing_in
from inference.nodes import EndNode, FlowSpec, HandoffNode
from inference.pool import Pool
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec, encode_spec
from tests.inference.test_openai_api import StubPool
from tests.inference.test_openai_api import worker as served_by

ANN, BEN = VoiceSample(b"RIFF Ann"), VoiceSample(b"RIFF Ben")
TOKEN = "a-token-for-tests"


class CloningVoice(FakeSynthesizer):
    """Remembers what it learned, and as whom it spoke."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(first_ms=0)
        self.info = replace(self.info, clones=True)
        self.learned: list[tuple[str, bytes]] = []
        self.spoke: list[tuple[str, str]] = []
        self.failure: EngineError | None = None

    async def learn(self, name: str, sample: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.learned.append((name, sample))

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        async def noted() -> AsyncGenerator[str]:
            async for text in clauses:
                self.spoke.append((voice.name, text))
                yield text

        async with aclosing(super().speak(noted(), voice)) as pieces:
            async for piece in pieces:
                yield piece


@asynccontextmanager
async def pool_with(voice: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Pool]:
    made = registry.create

    def create(role: Any, engine: str, settings: Any, *rest: Any) -> Any:
        return voice if role == "synthesizer" else made(role, engine, settings, *rest)

    monkeypatch.setattr(registry, "create", create)
    pool = Pool(WorkerConfig(profile="fake", token=TOKEN))
    await pool.load()
    assert pool.ready, pool.problem
    try:
        yield pool
    finally:
        await pool.close()


def spec_of(voice: str, **values: Any) -> AgentSpec:
    flow = FlowSpec("end", (EndNode("end", "Goodbye."),))
    return AgentSpec("ag_1", "v1", "ws_1", "Ada", flow, greeting="Hello.", voice=VoiceSpec("fake", voice), **values)


async def test_the_samples_of_an_opening_are_learned_before_anybody_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = CloningVoice()
    spec = spec_of(ANN.name, languages=(LanguageSpec("de", VoiceSpec("fake", BEN.name)),))
    async with pool_with(voice, monkeypatch) as pool:
        async with pool.admit(Open(spec, "cv_1", Media("voice"), voices=(ANN, BEN))):
            assert voice.learned == [(ANN.name, ANN.wav), (BEN.name, BEN.wav)]
        voice.learned.clear()
        async with pool.admit(Open(spec, "cv_2", Media("text"), voices=(ANN,))) as engines:
            assert voice.learned == [], "nobody is spoken to"
            assert engines.learn is None


async def test_where_a_voice_cannot_be_learned_the_conversation_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    voice = CloningVoice()
    voice.failure = EngineError("Too short.", code="voice_sample")
    async with pool_with(voice, monkeypatch) as pool:
        with caplog.at_level(logging.WARNING):
            async with pool.admit(Open(spec_of(ANN.name), "cv_1", Media("voice"), voices=(ANN,))):
                assert "voice_sample" in caplog.text
    caplog.clear()
    async with pool_with(FakeSynthesizer(first_ms=0), monkeypatch) as pool:
        with caplog.at_level(logging.WARNING):
            async with pool.admit(Open(spec_of(ANN.name), "cv_1", Media("voice"), voices=(ANN,))):
                assert "learns no voices" in caplog.text


async def test_an_agent_that_takes_over_brings_its_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = CloningVoice()
    first = msgspec.structs.replace(
        spec_of("heart"), flow=FlowSpec("over", (HandoffNode("over", "ag_2", "One moment."),))
    )
    second = msgspec.structs.replace(spec_of(BEN.name), agent="ag_2", name="Ben")
    async with pool_with(voice, monkeypatch) as pool:
        opening = Open(first, "cv_1", Media("voice"))
        async with pool.admit(opening) as engines:
            conversation = Conversation(opening, engines)
            running = asyncio.create_task(conversation.run())
            async with asyncio.timeout(20), aclosing(conversation.events()) as events:
                async for event in events:
                    match event:
                        case ToolCall(call=call):
                            conversation.hear(ToolResult(call, encode_spec(second).decode(), voices=(BEN,)))
                        case ReplyDone(end=end) if end:
                            conversation.hear(Close())
            await running
    assert voice.learned == [(BEN.name, BEN.wav)]
    assert (BEN.name, "Goodbye.") in voice.spoke


def test_an_engine_that_was_given_the_sample_speaks_as_it_by_whatever_name_it_was_asked() -> None:
    clones = EngineInfo("coqui", "synthesizer", "xtts", voices=("ana",), clones=True)
    asked = VoiceSpec("elsewhere", ANN.name)
    assert fitting(asked, clones) == standing_in(asked, clones) == asked
    own = replace(clones, clones=False)
    assert fitting(asked, own) == VoiceSpec("coqui", "ana")


class TestOverHttp:
    async def test_a_voice_is_taught_and_then_speaks(self) -> None:
        voice = CloningVoice()
        async with served_by(StubPool(voice=voice)) as served:
            frame = await client.synthesize(
                served.url, TOKEN, "Hello.", VoiceSpec("fake", ANN.name, language="en"), sample=ANN
            )
            assert frame.sample_count > 1000
            assert voice.learned == [(ANN.name, ANN.wav)]
            assert voice.spoke == [(ANN.name, "Hello.")]
            sound = await client.synthesize_file(
                served.url, TOKEN, "Hello.", VoiceSpec("fake", BEN.name), file_format="wav", sample=BEN
            )
            assert sound.startswith(b"RIFF")
            assert voice.spoke[-1] == (BEN.name, "Hello.")

    @pytest.mark.parametrize(
        ("body", "code"), [(b"OggS", "voice_sample"), (bytes(MOST_SAMPLE_BYTES + 1), "request_too_large")]
    )
    async def test_what_is_no_sample(self, body: bytes, code: str) -> None:
        voice = CloningVoice()
        async with served_by(StubPool(voice=voice)) as served:
            answer = await served.post("/v1/audio/voices?model=default", content=body)
            assert answer.json()["error"]["code"] == code
            assert voice.learned == []

    async def test_what_the_engine_says_of_a_sample_is_the_callers_fault(self) -> None:
        voice = CloningVoice()
        voice.failure = EngineError("It is shorter than one second.", code="voice_sample")
        async with served_by(StubPool(voice=voice)) as served:
            answer = await served.post("/v1/audio/voices?model=fake", content=ANN.wav)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "voice_sample")

    async def test_an_engine_of_its_own_voices_refuses(self) -> None:
        async with served_by(StubPool()) as served:
            answer = await served.post("/v1/audio/voices?model=default", content=ANN.wav)
            assert answer.json()["error"]["code"] == "voices_not_learned"
            asked = {"model": "default", "input": "Hello.", "voice": ANN.name, "response_format": "wav"}
            refused = await served.post("/v1/audio/speech", json=asked)
            assert refused.json()["error"]["code"] == "voice_not_found"

    async def test_it_takes_the_workers_token(self) -> None:
        voice = CloningVoice()
        async with served_by(StubPool(voice=voice)) as served, httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{served.url}/v1/audio/voices?model=default", content=ANN.wav)
            assert answer.status_code == 401
            assert voice.learned == []
