"""One conversation script: on a worker's own engines, and on the same engines behind another worker's OpenAI dialect."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import msgspec
import numpy as np
import pytest
import uvicorn

from inference.audio import resample
from inference.config import WorkerConfig
from inference.conversation import Conversation
from inference.engines.base import AsrOptions
from inference.events import Close, Failed, Media, Open, ReplyDone, Text, Timing, ToolCall, ToolResult
from inference.lending import LentService, ServiceLimits
from inference.nodes import FlowSpec, GoalNode, HandoffNode
from inference.pool import Pool
from inference.server import create_app
from inference.spec import AgentSpec, ModelSpec, VoiceSpec, encode_spec

TOKEN = "a-token-for-tests"
SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="Ann",
    instructions="You are Ann.",
    greeting="Hello there.",
    flow=FlowSpec("talk", (GoalNode("talk", ""),)),
)
LENT = ModelSpec(chat="provider:pv_1", transcriber="provider:pv_1")
SCRIPT = ("When do you open?", "And on Sunday?")

ANSWERS = ["Hello there.", *(f"You said this to me: {line}" for line in SCRIPT)]


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_ENGINE_CHAT", "first_ms=0 token_ms=0")
    for role in ("CHAT", "TRANSCRIBER", "SYNTHESIZER"):
        monkeypatch.delenv(f"PARLEY_{role}_MODELS", raising=False)


@asynccontextmanager
async def worker() -> AsyncGenerator[tuple[Pool, str]]:
    """A whole worker with fake engines on a free port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = WorkerConfig(profile="fake", token=TOKEN, port=port)
    pool = Pool(config)
    server = uvicorn.Server(uvicorn.Config(create_app(config, pool), log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        async with asyncio.timeout(20):
            while not pool.ready:
                await asyncio.sleep(0.01)
        yield pool, f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        await serving


def lent(url: str) -> LentService:
    return LentService(
        "pv_1", "GPU", url, ("127.0.0.1",), TOKEN, chat="default", transcriber="default", synthesizer="default",
        binding="grammar", limits=ServiceLimits(connect_ms=500, first_ms=4_000),
    )  # fmt: skip


async def talk(pool: Pool, opening: Open) -> list[str]:
    """What the agent says to the script."""
    said: list[str] = []
    async with pool.admit(opening) as engines:
        conversation = Conversation(opening, engines)
        running = asyncio.create_task(conversation.run())
        lines = iter(SCRIPT)
        async with asyncio.timeout(20), aclosing(conversation.events()) as events:
            async for event in events:
                assert not isinstance(event, Failed), event
                if isinstance(event, ReplyDone):
                    said.append(event.text)
                    line = next(lines, None)
                    conversation.hear(Text(line) if line is not None else Close())
        await running
    return said


def opening_of(models: ModelSpec, *services: LentService) -> Open:
    return Open(msgspec.structs.replace(SPEC, models=models), "cv_1", Media("text"), lent=services)


async def test_the_same_script_on_own_engines_and_on_a_lent_service() -> None:
    async with worker() as (first, _), worker() as (_, url):
        own = await talk(first, opening_of(ModelSpec()))
        assert own == ANSWERS
        assert await talk(first, opening_of(LENT, lent(url))) == own


async def test_speech_and_recognition_pass_through_a_lent_service() -> None:
    async with worker() as (first, _), worker() as (second, url):
        opening = opening_of(LENT, lent(url))
        spec = msgspec.structs.replace(opening.spec, voice=VoiceSpec("provider:pv_1", "heart"))
        async with first.admit(Open(spec, "cv_1", Media("text"), lent=opening.lent)) as engines:

            async def one() -> AsyncGenerator[str]:
                yield "Good morning."

            spoken = [piece async for piece in engines.synthesizer.speak(one(), spec.voice)]
            assert spoken[0].text == "Good morning."
            assert spoken[0].frame.rate == 24_000
            samples = sum(piece.frame.sample_count for piece in spoken)
            assert samples > 10_000
            sound = np.concatenate([piece.frame.samples for piece in spoken])
            async with engines.transcriber.stream(AsrOptions()) as stream:
                stream.feed(resample(sound, 24_000, 16_000))
                assert (await stream.partial()).text == ""
                assert (await stream.final()).text.startswith("I spoke for")
        assert second.status()["conversations"] == 0


async def test_an_agent_that_is_handed_over_to_brings_its_own_services() -> None:
    """The first agent thinks with the worker's own model, the second with a service that is lent when it takes over."""
    other = msgspec.structs.replace(SPEC, agent="ag_2", name="Ben", instructions="You are Ben.", models=LENT)
    first_spec = msgspec.structs.replace(SPEC, flow=FlowSpec("over", (HandoffNode("over", "ag_2", "One moment."),)))
    async with worker() as (first, _), worker() as (_, url):
        opening = Open(first_spec, "cv_1", Media("text"))
        async with first.admit(opening) as engines:
            conversation = Conversation(opening, engines)
            running = asyncio.create_task(conversation.run())
            used = []
            async with asyncio.timeout(20), aclosing(conversation.events()) as events:
                async for event in events:
                    match event:
                        case ToolCall(call=call):
                            conversation.hear(ToolResult(call, encode_spec(other).decode(), lent=(lent(url),)))
                        case ReplyDone(turn=0):
                            conversation.hear(Text(SCRIPT[0]))
                        case Timing():
                            used = [(use.stage, use.service, use.name) for use in event.used if use.prompt_tokens]
                        case ReplyDone(text=text):
                            conversation.hear(Close())
            await running
        assert (text, used) == (ANSWERS[1], [("chat", "pv_1", "GPU")])
        assert all("pv_1" not in str(services) for services in first._lent._users)


async def test_a_service_that_is_gone_is_stood_in_for_by_the_worker_itself() -> None:
    async with worker() as (first, _):
        nobody = lent("http://127.0.0.1:9/v1")
        assert await talk(first, opening_of(LENT, nobody)) == ANSWERS
        assert TOKEN not in str(first.status())


async def test_a_service_that_was_not_lent_is_not_used() -> None:
    async with worker() as (first, _):
        assert (await talk(first, opening_of(LENT)))[0] == "Hello there."
