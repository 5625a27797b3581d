"""The worker's door on a real socket, with the fake engines: wire, admission, bad input, the OpenAI client's side apart."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import msgspec
import numpy as np
import pytest
import uvicorn
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed

from inference.client import choose_worker, connect, put_agents, synthesize, worker_status
from inference.config import WorkerConfig
from inference.errors import ParleyError, WorkerError, WorkerFull, WorkerLost
from inference.events import (
    Audio,
    Close,
    Down,
    Failed,
    Heard,
    Media,
    Open,
    ReplyAudio,
    ReplyDone,
    State,
    Text,
    decode_down,
    encode,
)
from inference.nodes import FlowSpec, GoalNode
from inference.pool import Pool
from inference.server import create_app
from inference.spec import AgentSpec, VoiceSpec

TOKEN = "a-token-for-tests"  # noqa: S105 - it opens nothing but this test's worker
SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    flow=FlowSpec("talk", (GoalNode("talk", "Help."),)),
    voice=VoiceSpec("fake", "tone"),
)
TEXT = Open(SPEC, "cv", Media("text"))
VOICE = Open(SPEC, "cv", Media("voice"))


@asynccontextmanager
async def worker(
    capacity: int = 4, drain_seconds: float = 25.0, loaded: Callable[[], None] | None = None
) -> AsyncGenerator[str]:
    config = WorkerConfig(profile="fake", token=TOKEN, capacity=capacity, name="test", drain_seconds=drain_seconds)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(config, Pool(config), loaded=loaded), log_level="error", timeout_graceful_shutdown=1)
    )
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]))
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(10):
            while not server.started or (await http.get(f"{url}/ready")).status_code != 200:
                await asyncio.sleep(0.01)
        try:
            yield url
        finally:
            server.should_exit = True
            await serving


async def answer_to(url: str, text: str) -> list[Down]:
    async with connect(url, TOKEN, TEXT) as link:
        await link.send(Text(text, "m1"))
        events = []
        async for event in link:
            events.append(event)
            if isinstance(event, ReplyDone):
                await link.send(Close())
                break
        return events


async def test_who_starts_it_is_told_once_when_everything_is_loaded() -> None:
    told: list[str] = []
    async with worker(loaded=lambda: told.append("loaded")) as url:
        await answer_to(url, "Hello there")
        assert told == ["loaded"]


async def test_a_text_conversation_over_the_wire() -> None:
    async with worker() as url:
        events = await answer_to(url, "Hello there")
        assert [event for event in events if isinstance(event, Heard)] == [
            Heard(1, "Hello there", source="text", id="m1")
        ]
        assert events[-1] == ReplyDone(1, "You said this to me: Hello there")


async def test_a_spoken_question_comes_back_as_sound() -> None:
    tone = (np.sin(np.arange(16000) * 0.2) * 8000).astype(np.int16)
    sound = np.concatenate([tone, np.zeros(16000, np.int16)]).tobytes()
    async with worker() as url, connect(url, TOKEN, VOICE) as link:
        for start in range(0, len(sound), 640):
            await link.send(Audio(sound[start : start + 640]))
        samples = 0
        async for event in link:
            match event:
                case Heard(text=text):
                    assert text == "I spoke for 1.0 seconds."
                case ReplyAudio(pcm=pcm):
                    samples += len(pcm) // 2
                case ReplyDone():
                    assert event.samples == samples > 24000
                    return
                case _:
                    pass


async def test_many_conversations_at_once_each_hear_their_own_answer() -> None:
    async with worker() as url:
        answers = await asyncio.gather(*(answer_to(url, f"number {index}") for index in range(20)))
        assert [events[-1] for events in answers] == [
            ReplyDone(1, f"You said this to me: number {index}") for index in range(20)
        ]


async def test_a_full_worker_says_so_at_once_and_takes_calls_again_when_one_ends() -> None:
    async with worker(capacity=1) as url:
        async with connect(url, TOKEN, VOICE):
            with pytest.raises(WorkerFull, match="All 1 voice places"):
                async with connect(url, TOKEN, VOICE):
                    pass
            assert (await worker_status(url, TOKEN))["conversations"] == 1
        async with asyncio.timeout(5):
            while (await worker_status(url, TOKEN))["conversations"]:
                await asyncio.sleep(0.01)
        async with connect(url, TOKEN, VOICE):
            pass


async def test_without_the_token_nothing_opens() -> None:
    async with worker() as url:
        with pytest.raises(WorkerError, match="403|401"):
            async with connect(url, "wrong", TEXT):
                pass
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"{url}/status")).status_code == 401
            assert (await http.get(f"{url}/health")).status_code == 200


@pytest.mark.parametrize(
    "message",
    [b"", b"\xc1", b"garbage", b"\x81" * 10_000, encode(Text("before open")), encode(Heard(1, "from the wrong side"))],
)
async def test_what_is_no_open_is_refused_with_a_reason(message: bytes) -> None:
    async with worker() as url:
        address = url.replace("http", "ws") + "/conversation"
        async with open_socket(address, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None) as raw:
            await raw.send(message)
            failed = decode_down(await raw.recv(decode=False))
            assert isinstance(failed, Failed)
            assert (failed.code, failed.fatal) == ("protocol", True)
            with pytest.raises(ConnectionClosed):
                await raw.recv()
            assert raw.close_code == 4422
        assert (await answer_to(url, "still fine"))[-1] == ReplyDone(1, "You said this to me: still fine")


async def test_a_broken_message_ends_its_own_conversation_only() -> None:
    async with worker() as url, connect(url, TOKEN, TEXT) as other:
        address = url.replace("http", "ws") + "/conversation"
        async with open_socket(address, additional_headers={"Authorization": f"Bearer {TOKEN}"}, proxy=None) as raw:
            await raw.send(encode(VOICE))
            await raw.recv()
            await raw.send(encode(Audio(b"\0\0\0")))
            failed = decode_down(await raw.recv(decode=False))
            assert isinstance(failed, Failed)
            assert failed.code == "protocol"
        await other.send(Text("Hi", "m"))
        async for event in other:
            if isinstance(event, ReplyDone):
                break


async def test_a_conversation_goes_on_in_another_worker_from_its_state() -> None:
    async with worker() as first:
        events = await answer_to(first, "One")
        state = next(event for event in reversed(events) if isinstance(event, State)).snapshot
    async with worker() as second, connect(second, TOKEN, Open(SPEC, "cv", Media("text"), state)) as link:
        async for event in link:
            if isinstance(event, ReplyDone):  # The open question of the lost worker is answered first.
                assert event == ReplyDone(1, "You said this to me: One")
                break


async def test_agents_are_kept_warm_and_bad_specs_refused() -> None:
    async with worker() as url:
        await put_agents(url, TOKEN, [SPEC])
        status = await worker_status(url, TOKEN)
        assert (status["ready"], status["agents"], status["capacity"]) == (True, ["ag"], 4)
        assert {engine["role"] for engine in status["engines"]} >= {"chat", "transcriber", "synthesizer"}
        async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
            for body in (b"{}", b'[{"agent": 1}]', b"\xff", msgspec.json.encode([{"agent": "x"}])):
                assert (await http.put(f"{url}/agents", content=body)).status_code == 400


async def test_a_sentence_for_the_web_side() -> None:
    async with worker() as url:
        frame = await synthesize(url, TOKEN, "One moment.", SPEC.voice)
        assert frame.rate == 24000
        assert frame.duration_ms > 300


async def test_a_worker_that_goes_away_is_lost_not_silent() -> None:
    with pytest.raises(WorkerLost):
        async with connect("http://127.0.0.1:9", TOKEN, TEXT):
            pass
    with pytest.raises(WorkerLost):
        await choose_worker(["http://127.0.0.1:9", "http://127.0.0.1:10"], TOKEN)
    async with worker() as url:
        address = url.replace("http", "ws") + "/conversation"
        assert address
        link_context = connect(url, TOKEN, TEXT)
        link = await link_context.__aenter__()
    with pytest.raises(WorkerLost):
        async for _ in link:
            pass
    await link_context.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "environ", [{"PARLEY_WORKER_TOKEN": "t", "PARLEY_CAPACITY": "many"}, {"PARLEY_VAR": "/nowhere"}]
)
def test_a_wrong_environment_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(ParleyError, match="PARLEY_") as caught:
        WorkerConfig.from_environment(environ)
    assert caught.value.code == "config"
