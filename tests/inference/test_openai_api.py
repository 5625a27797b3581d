"""The OpenAI dialect with the official client over a real socket, and everything that must be refused."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import wave
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from inference import catalogue, metrics
from inference.audio import AudioFrame, Samples
from inference.auth import TokenAuth
from inference.client import complete
from inference.engines import registry
from inference.engines.base import (
    ChatDelta,
    ChatOptions,
    EngineInfo,
    EngineRole,
    Speech,
    TextDelta,
    ToolRequest,
    Usage,
)
from inference.engines.fake import FakeChat, FakeSynthesizer, FakeTranscriber, FakeVoiceDetector
from inference.errors import EngineError, EngineNotReady, EngineTimeout, UnknownEngine
from inference.events import Message
from inference.nodes import ToolSpec
from inference.openai_api import routes
from inference.openai_api.codecs import decode
from inference.openai_api.serving import MAX_REQUESTS
from inference.openai_api.transcription import pieces
from inference.spec import VoiceSpec

TOKEN = "a-token-for-tests"


@dataclass
class StubPool:
    """The part of the pool that the dialect uses."""

    chat_model: Any = field(default_factory=lambda: FakeChat(first_ms=0, token_ms=0))
    voice: Any = field(default_factory=lambda: FakeSynthesizer(first_ms=0))
    ears: Any = field(default_factory=lambda: FakeTranscriber(delay_ms=0, script="one two|three four"))
    voice_detector: Any = field(default_factory=FakeVoiceDetector)

    def chat(self, name: str = "default") -> Any:
        return self._named(self.chat_model, name)

    def synthesizer(self, name: str = "default") -> Any:
        return self._named(self.voice, name)

    def transcriber(self, name: str = "default") -> Any:
        return self._named(self.ears, name)

    def infos(self) -> list[EngineInfo]:
        return [engine.info for engine in (self.chat_model, self.voice, self.ears, self.voice_detector)]

    def _named(self, engine: Any, name: str) -> Any:
        if name not in ("default", engine.info.model, engine.info.kind):
            raise UnknownEngine(f"There is no model {name!r}.")
        return engine


@dataclass
class ScriptedChat:
    """Gives `deltas`; an exception among them is raised. `hold` stops it after the first delta."""

    deltas: Sequence[ChatDelta | Exception] = ()
    hold: bool = False
    asked: list[tuple[list[Message], list[ToolSpec], ChatOptions]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    info: EngineInfo = EngineInfo("scripted", "chat", "scripted-chat")
    streams: int = 0

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[ScriptedChat]:
        self.streams += 1
        yield self

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        self.asked.append((list(messages), list(tools), options))
        try:
            for delta in self.deltas:
                if isinstance(delta, Exception):
                    raise delta
                yield delta
                if self.hold:
                    await asyncio.Event().wait()
        finally:
            self.closed.set()


class BrokenVoice(FakeSynthesizer):
    """Fails with `error` after `good` clauses."""

    def __init__(self, error: Exception, good: int = 0) -> None:
        super().__init__(first_ms=0)
        self._error = error
        self._good = good

    async def speak(self, clauses: AsyncIterator[str], voice: VoiceSpec) -> AsyncGenerator[Speech]:
        said = 0
        async for text in clauses:
            if said == self._good:
                raise self._error
            said += 1
            yield Speech(AudioFrame.from_samples(np.full(2400, 3000, np.int16), 24000), text)


@dataclass
class Worker:
    url: str
    pool: StubPool

    def client(self, token: str = TOKEN) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key=token, max_retries=0)

    async def post(self, path: str, **request: Any) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
            return await http.post(f"{self.url}{path}", **request)


@asynccontextmanager
async def worker(pool: StubPool | None = None) -> AsyncGenerator[Worker]:
    pool = pool or StubPool()
    health = Route("/health", lambda request: PlainTextResponse("ok"))
    app = Starlette(routes=[health, *routes(pool)])  # type: ignore[arg-type]
    app.add_middleware(TokenAuth, token=TOKEN)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield Worker(f"http://127.0.0.1:{listener.getsockname()[1]}", pool)
        finally:
            server.should_exit = True
            await serving


def tone(seconds: float, rate: int = 16000) -> Samples:
    return (np.sin(np.arange(int(seconds * rate)) * (2 * np.pi * 220 / rate)) * 9000).astype(np.int16)


def wav(samples: Samples, rate: int = 16000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def problem(response: httpx.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return response.status_code, error["code"], error["param"]


# --- chat ---------------------------------------------------------------------------------------


async def test_a_completion_whole() -> None:
    async with worker() as served, served.client() as client:
        answer = await client.chat.completions.create(
            model="fake-chat",
            messages=[{"role": "system", "content": "Be short."}, {"role": "user", "content": "hello there"}],
        )
    assert answer.choices[0].message.content == "You said this to me: hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "fake-chat"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (6, 7, 13)
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 0


async def test_a_completion_streamed_with_usage() -> None:
    async with worker() as served, served.client() as client:
        stream = await client.chat.completions.create(
            model="default",
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert words == ["You", " said", " this", " to", " me:", " hello"]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * 7 + ["stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 6
    assert len({chunk.id for chunk in chunks}) == 1


async def test_a_stream_carries_no_usage_unless_asked() -> None:
    async with worker() as served:
        body = {"model": "default", "messages": [{"role": "user", "content": "a"}], "stream": True}
        response = await served.post("/v1/chat/completions", json=body)
    events = response.text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    assert all("usage" not in json.loads(event.removeprefix("data: ")) for event in events[:-1])


async def test_the_reply_stops_at_max_tokens() -> None:
    async with worker() as served, served.client() as client:
        answer = await client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": "hello"}], max_completion_tokens=2
        )
    assert answer.choices[0].message.content == "You said"
    assert answer.choices[0].finish_reason == "length"


async def test_a_prompt_cache_key_goes_on_with_the_same_stream() -> None:
    chat = ScriptedChat([TextDelta("Yes.")])
    async with worker(StubPool(chat)) as served, served.client() as client:
        for key in ("call-1", "call-1", "call-2", None):
            extra: dict[str, Any] = {} if key is None else {"prompt_cache_key": key}
            await client.chat.completions.create(model="default", messages=[{"role": "user", "content": "a"}], **extra)
    assert len(chat.asked) == 4
    assert chat.streams == 3


async def test_tools_go_to_the_model_and_come_back() -> None:
    chat = ScriptedChat([ToolRequest("call_1", "book", '{"day":"Saturday"}'), Usage(30, 20, 5)])
    tool = {"type": "function", "function": {"name": "book", "description": "Book.", "parameters": {"type": "object"}}}
    history: list[Any] = [
        {"role": "developer", "content": "Help."},
        {"role": "user", "content": [{"type": "text", "text": "Book "}, {"type": "text", "text": "it."}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c0", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c0", "content": "free"},
    ]
    async with worker(StubPool(chat)) as served, served.client() as client:
        whole = await client.chat.completions.create(
            model="default",
            messages=history,
            tools=[tool],  # type: ignore[list-item]
            temperature=0.7,
            seed=7,
            stop=["\n", "END"],
            response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
        )
        stream = await client.chat.completions.create(
            model="default",
            messages=history,
            tools=[tool],
            tool_choice="none",
            stream=True,  # type: ignore[list-item]
        )
        chunks = [chunk async for chunk in stream]
    messages, tools, options = chat.asked[0]
    assert messages == [
        Message("system", "Help."),
        Message("user", "Book it."),
        Message("assistant", "", "look", "c0", "{}"),
        Message("tool", "free", "look", "c0"),
    ]
    assert tools == [ToolSpec("book", "Book.", '{"type":"object"}')]
    assert options == ChatOptions(0.7, 512, ("\n", "END"), '{"type":"object"}', "", 7)
    assert chat.asked[1][1] == []
    assert whole.choices[0].finish_reason == "tool_calls"
    calls = whole.choices[0].message.tool_calls
    assert calls is not None and calls[0].type == "function"
    assert (calls[0].id, calls[0].function.name, calls[0].function.arguments) == (
        "call_1",
        "book",
        '{"day":"Saturday"}',
    )
    assert whole.usage is not None and whole.usage.prompt_tokens_details is not None
    assert whole.usage.prompt_tokens_details.cached_tokens == 20
    deltas = [chunk.choices[0].delta.tool_calls for chunk in chunks if chunk.choices[0].delta.tool_calls]
    assert [(delta[0].index, delta[0].id) for delta in deltas] == [(0, "call_1")]


async def test_what_nobody_waits_for_goes_behind_live_turns() -> None:
    chat = ScriptedChat([TextDelta("Yes."), Usage(3, 0, 1)])
    async with worker(StubPool(chat)) as served:
        found = await complete(
            served.url, TOKEN, [("system", "Help."), ("user", "Well?")], json_schema={"type": "object"}
        )
        assert (found.text, found.model) == ("Yes.", chat.info.model)
        async with served.client() as client:
            await client.chat.completions.create(model="default", messages=[{"role": "user", "content": "Well?"}])
    assert [options.background for _messages, _tools, options in chat.asked] == [True, False]
    assert chat.asked[0][0] == [Message("system", "Help."), Message("user", "Well?")]
    assert chat.asked[0][2].json_schema == '{"type":"object"}'


async def test_compute_stops_when_the_client_hangs_up() -> None:
    chat = ScriptedChat([TextDelta("One")], hold=True)
    async with worker(StubPool(chat)) as served, served.client() as client:
        stream = await client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": "a"}], stream=True
        )
        await anext(aiter(stream))
        assert not chat.closed.is_set()
        await stream.close()
        async with asyncio.timeout(5):
            await chat.closed.wait()


async def test_compute_stops_when_the_client_of_a_whole_completion_hangs_up() -> None:
    chat = ScriptedChat([TextDelta("One")], hold=True)
    async with worker(StubPool(chat)) as served, served.client() as client:
        asking = asyncio.ensure_future(
            client.chat.completions.create(model="default", messages=[{"role": "user", "content": "a"}])
        )
        async with asyncio.timeout(5):
            while not chat.asked:
                await asyncio.sleep(0.01)
            asking.cancel()
            await chat.closed.wait()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EngineError("It broke."), 500, "engine_failed"),
        (EngineTimeout("Too slow."), 504, "engine_timeout"),
        (EngineNotReady("Still loading."), 503, "engine_not_ready"),
        (RuntimeError("a bug"), 500, "internal"),
    ],
)
async def test_a_failing_engine_is_an_error_object(error: Exception, status: int, code: str) -> None:
    body = {"model": "default", "messages": [{"role": "user", "content": "a"}]}
    async with worker(StubPool(ScriptedChat([error]))) as served:
        response = await served.post("/v1/chat/completions", json=body)
        streamed = await served.post("/v1/chat/completions", json=body | {"stream": True})
    assert problem(response) == (status, code, None)
    assert problem(streamed) == (status, code, None)
    assert "a bug" not in response.text


async def test_an_engine_that_fails_in_mid_stream_is_an_error_event() -> None:
    chat = ScriptedChat([TextDelta("One"), EngineError("It broke.")])
    async with worker(StubPool(chat)) as served, served.client() as client:
        stream = await client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": "a"}], stream=True
        )
        with pytest.raises(openai.APIError, match="It broke"):
            async for _ in stream:
                pass


USER = {"role": "user", "content": "a"}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"", "invalid_json", None),
        (b"{", "invalid_json", None),
        (b"\xff\xfe", "invalid_json", None),
        (b"\x00", "invalid_json", None),
        (b'{"x":' + b"[" * 100_000, "invalid_json", None),
        (b'{"model":"default","messages":[{"role":"user","content":"\\ud800"}]}', "invalid_json", None),
        (b"[]", "invalid_type", None),
        ({}, "invalid_type", None),
        ({"model": 3, "messages": [USER]}, "invalid_type", "model"),
        ({"model": "default", "messages": "hello"}, "invalid_type", "messages"),
        ({"model": "default", "messages": [{"role": "wizard", "content": "a"}]}, "invalid_type", "messages[0].role"),
        ({"model": "default", "messages": []}, "invalid_value", "messages"),
        ({"model": "default", "messages": [USER] * 501}, "invalid_value", "messages"),
        ({"model": "default", "messages": [{"role": "user"}]}, "invalid_value", "messages[0].content"),
        (
            {"model": "default", "messages": [{"role": "user", "content": "a\0b"}]},
            "invalid_text",
            "messages[0].content",
        ),
        (
            {"model": "default", "messages": [{"role": "tool", "content": "x", "tool_call_id": "nobody"}]},
            "invalid_value",
            "messages[0].tool_call_id",
        ),
        (
            {"model": "default", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "unsupported_value",
            "messages[0].content",
        ),
        ({"model": "default", "messages": [USER], "temperature": 3}, "out_of_range", "temperature"),
        ({"model": "default", "messages": [USER], "temperature": "hot"}, "invalid_type", "temperature"),
        ({"model": "default", "messages": [USER], "max_tokens": 0}, "out_of_range", "max_tokens"),
        (
            {"model": "default", "messages": [USER], "max_completion_tokens": 10**9},
            "out_of_range",
            "max_completion_tokens",
        ),
        ({"model": "default", "messages": [USER], "seed": 2**63}, "out_of_range", "seed"),
        ({"model": "default", "messages": [USER], "stop": ["a"] * 5}, "invalid_value", "stop"),
        ({"model": "default", "messages": [USER], "stop": ""}, "invalid_value", "stop"),
        ({"model": "default", "messages": [USER], "n": 2}, "unsupported_value", "n"),
        ({"model": "default", "messages": [USER], "logprobs": True}, "unsupported_value", "logprobs"),
        ({"model": "default", "messages": [USER], "tool_choice": "required"}, "unsupported_value", "tool_choice"),
        ({"model": "default", "messages": [USER], "tools": [{"type": "retrieval"}]}, "invalid_type", "tools[0].type"),
        (
            {"model": "default", "messages": [USER], "response_format": {"type": "json_schema"}},
            "invalid_value",
            "response_format.json_schema",
        ),
    ],
)
async def test_bad_chat_requests_are_refused(body: Any, code: str, param: str | None) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with worker() as served:
        response = await served.post("/v1/chat/completions", content=content)
    assert problem(response) == (400, code, param)


async def test_an_unknown_model_is_not_found() -> None:
    async with worker() as served, served.client() as client:
        with pytest.raises(openai.NotFoundError) as chat:
            await client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "a"}])
        with pytest.raises(openai.NotFoundError):
            await client.audio.speech.create(model="gpt-9", input="a", voice="tone")
        with pytest.raises(openai.NotFoundError):
            await client.audio.transcriptions.create(model="gpt-9", file=("a.wav", wav(tone(1))))
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("gpt-9")
    assert chat.value.code == "model_not_found"


async def test_a_json_body_above_a_megabyte_is_refused() -> None:
    async with worker() as served:
        announced = await served.post("/v1/chat/completions", content=b" " * (1 << 20) + b"{}")

        async def trickle() -> AsyncGenerator[bytes]:
            for _ in range(17):
                yield b" " * 65536

        silent = await served.post("/v1/chat/completions", content=trickle())
    assert problem(announced) == (413, "request_too_large", None)
    assert problem(silent) == (413, "request_too_large", None)


async def test_one_request_too_many_is_refused_and_places_are_given_back() -> None:
    chat = ScriptedChat([TextDelta("One")], hold=True)
    body = {"model": "default", "messages": [USER], "stream": True}
    async with worker(StubPool(chat)) as served:
        async with asyncio.timeout(10):
            asking = [
                asyncio.ensure_future(served.post("/v1/chat/completions", json=body)) for _ in range(MAX_REQUESTS)
            ]
            while len(chat.asked) < MAX_REQUESTS:
                await asyncio.sleep(0.01)
            refused = await served.post("/v1/chat/completions", json=body)
            for request in asking:
                request.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            chat.hold = False
            while (await served.post("/v1/chat/completions", json=body)).status_code != 200:
                await asyncio.sleep(0.01)
    assert problem(refused) == (429, "worker_busy", None)
    assert refused.headers["retry-after"] == "1"


# --- speech -------------------------------------------------------------------------------------


async def test_speech_as_pcm_is_what_the_voice_gave() -> None:
    async with (
        worker() as served,
        served.client() as client,
        client.audio.speech.with_streaming_response.create(
            model="fake-synthesizer", input="**Hi** 9", voice="tone", response_format="pcm"
        ) as response,
    ):
        data = b"".join([piece async for piece in response.iter_bytes()])
        rate = response.headers["x-sample-rate"]
    # "Hi nine": 6 letters of 65 ms at 24 kHz.
    assert len(data) == 6 * 1560 * 2
    assert rate == "24000"


async def test_speech_at_another_rate() -> None:
    body = {"model": "fake", "input": "Hello there.", "voice": "tone", "response_format": "pcm", "sample_rate": 8000}
    async with worker() as served:
        response = await served.post("/v1/audio/speech", json=body)
    assert response.headers["x-sample-rate"] == "8000"
    assert abs(len(response.content) // 2 - 11 * 520) <= 40


@pytest.mark.parametrize("name", ["wav", "mp3", "opus", "flac", "aac"])
async def test_speech_as_a_file_can_be_read(name: Any) -> None:
    pytest.importorskip("av")
    async with worker() as served, served.client() as client:
        speech = await client.audio.speech.create(
            model="default", input="Good morning to you.", voice="tone", response_format=name
        )
    samples = decode(speech.content)
    assert abs(samples.size / 16000 - 17 * 0.065) < 0.12
    assert np.abs(samples).max() > 3000


async def test_speech_as_events() -> None:
    body = {"model": "default", "input": "Hi.", "voice": "tone", "response_format": "pcm", "stream_format": "sse"}
    async with worker() as served:
        response = await served.post("/v1/audio/speech", json=body)
    events = [json.loads(event.removeprefix("data: ")) for event in response.text.strip().split("\n\n")]
    assert [event["type"] for event in events] == ["speech.audio.delta"] * 4 + ["speech.audio.done"]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"input": ""}, "invalid_value", "input"),
        ({"input": " \n"}, "invalid_value", "input"),
        ({"input": "a" * 4097}, "string_too_long", "input"),
        ({"input": "a\0"}, "invalid_text", "input"),
        ({"input": 5}, "invalid_type", "input"),
        ({"voice": "alloy"}, "voice_not_found", "voice"),
        ({"voice": {"id": "alloy"}}, "voice_not_found", "voice"),
        ({"speed": 9}, "out_of_range", "speed"),
        ({"response_format": "exe"}, "unsupported_format", "response_format"),
        ({"stream_format": "carrier pigeon"}, "invalid_type", "stream_format"),
        ({"sample_rate": 44100}, "unsupported_value", "sample_rate"),
        ({"sample_rate": 8000, "response_format": "mp3"}, "unsupported_value", "sample_rate"),
    ],
)
async def test_bad_speech_requests_are_refused(change: dict[str, Any], code: str, param: str) -> None:
    body = {"model": "default", "input": "Hello", "voice": "tone", "response_format": "pcm"} | change
    async with worker() as served:
        response = await served.post("/v1/audio/speech", json=body)
    assert problem(response) == (400, code, param)


async def test_a_voice_that_fails_before_it_speaks_is_an_error_object() -> None:
    body = {"model": "default", "input": "One. Two.", "voice": "tone", "response_format": "pcm"}
    async with worker(StubPool(voice=BrokenVoice(EngineError("No voice.")))) as served:
        assert problem(await served.post("/v1/audio/speech", json=body)) == (500, "engine_failed", None)


async def test_a_voice_that_fails_in_mid_speech_breaks_the_connection() -> None:
    body = {"model": "default", "input": "One. Two.", "voice": "tone", "response_format": "pcm"}
    async with worker(StubPool(voice=BrokenVoice(EngineError("No voice."), good=1))) as served:
        with pytest.raises(httpx.RemoteProtocolError):
            await served.post("/v1/audio/speech", json=body)


# --- transcriptions -----------------------------------------------------------------------------


async def test_a_transcription_in_every_form() -> None:
    file = ("a.wav", wav(tone(1.5)))
    async with worker() as served, served.client() as client:
        plain = await client.audio.transcriptions.create(model="fake-transcriber", file=file)
        text = await client.audio.transcriptions.create(model="default", file=file, response_format="text")
        verbose = await client.audio.transcriptions.create(
            model="default", file=file, response_format="verbose_json", language="en", prompt="Anna, Otto"
        )
    assert plain.text == "one two"
    assert text == "one two\n"
    assert (verbose.text, verbose.duration, verbose.language) == ("one two", 1.5, "en")
    assert verbose.segments is not None
    assert [(part.start, part.end, part.text) for part in verbose.segments] == [(0.0, 1.5, "one two")]


async def test_a_long_transcription_is_streamed_piece_by_piece() -> None:
    speech = np.concatenate([tone(14), np.zeros(16000, np.int16), tone(10)])
    async with worker() as served, served.client() as client:
        stream = await client.audio.transcriptions.create(model="default", file=("a.wav", wav(speech)), stream=True)
        events = [event async for event in stream]
    assert [(event.type, getattr(event, "delta", getattr(event, "text", ""))) for event in events] == [
        ("transcript.text.delta", "one two"),
        ("transcript.text.delta", " three four"),
        ("transcript.text.done", "one two three four"),
    ]


async def test_silence_and_an_empty_file_have_no_words() -> None:
    async with worker() as served, served.client() as client:
        silence = await client.audio.transcriptions.create(
            model="default", file=("a.wav", wav(np.zeros(16000, np.int16)))
        )
        empty = await client.audio.transcriptions.create(model="default", file=("a.wav", wav(np.zeros(0, np.int16))))
    assert (silence.text, empty.text) == ("", "")


@pytest.mark.parametrize("name", ["mp3", "opus", "flac"])
async def test_packed_audio_is_understood(name: Any) -> None:
    pytest.importorskip("av")
    async with worker() as served, served.client() as client:
        speech = await client.audio.speech.create(
            model="default", input="Good morning.", voice="tone", response_format=name
        )
        heard = await client.audio.transcriptions.create(model="default", file=(f"a.{name}", speech.content))
    assert heard.text == "one two"


async def test_stereo_at_another_rate_is_understood() -> None:
    both = np.repeat(tone(1, 44100), 2)
    async with worker() as served, served.client() as client:
        heard = await client.audio.transcriptions.create(
            model="default", file=("a.wav", wav(both, 44100, 2)), response_format="verbose_json"
        )
    assert abs(float(heard.duration) - 1) < 0.01


@pytest.mark.parametrize(
    ("request_", "status", "code", "param"),
    [
        ({"json": {}}, 400, "invalid_form", None),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "invalid_form", None),
        (
            {"content": b"no boundary here", "headers": {"content-type": "multipart/form-data; boundary=b"}},
            400,
            "invalid_form",
            None,
        ),
        ({"data": {"model": "default"}, "files": {"other": b"x"}}, 400, "missing_required_parameter", "file"),
        ({"files": {"file": ("a.wav", b"x")}}, 400, "missing_required_parameter", "model"),
        ({"data": {"model": "default"}, "files": {"file": ("a.wav", b"")}}, 400, "invalid_audio", "file"),
        ({"data": {"model": "default"}, "files": {"file": ("a.wav", b"garbage" * 999)}}, 400, "invalid_audio", "file"),
        ({"data": {"model": "default"}, "files": {"file": ("a.wav", wav(tone(1))[:30])}}, 400, "invalid_audio", "file"),
        ({"data": {"model": "a\0"}, "files": {"file": ("a.wav", b"x")}}, 400, "invalid_text", "model"),
        (
            {"data": {"model": "default", "response_format": "srt"}, "files": {"file": ("a.wav", b"x")}},
            400,
            "unsupported_format",
            "response_format",
        ),
        (
            {"data": {"model": "default", "language": "tlh"}, "files": {"file": ("a.wav", b"x")}},
            400,
            "unsupported_language",
            "language",
        ),
    ],
)
async def test_bad_transcription_requests_are_refused(
    request_: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    async with worker() as served:
        response = await served.post("/v1/audio/transcriptions", **request_)
    assert problem(response) == (status, code, param)


async def test_a_file_above_25_mb_is_refused() -> None:
    async with worker() as served, served.client() as client:
        with pytest.raises(openai.APIStatusError) as refused:
            await client.audio.transcriptions.create(model="default", file=("a.wav", b"\0" * ((25 << 20) + (65 << 10))))
    assert (refused.value.status_code, refused.value.code) == (413, "request_too_large")


def test_long_audio_is_cut_where_it_is_quiet() -> None:
    speech = np.concatenate([tone(13), np.zeros(8000, np.int16), tone(20)])
    cuts = pieces(speech)
    assert [begin for begin, _ in cuts[1:]] == [end for _, end in cuts[:-1]]
    assert (cuts[0][0], cuts[-1][1]) == (0, speech.size)
    assert 13 * 16000 < cuts[0][1] < 13.5 * 16000
    assert all(end - begin <= 20 * 16000 for begin, end in cuts)


# --- models, embeddings, the lock ---------------------------------------------------------------


async def test_models_are_listed() -> None:
    async with worker() as served, served.client() as client:
        listed = [model.id async for model in client.models.list()]
        one = await client.models.retrieve("fake-chat")
    assert listed == ["fake-chat", "fake-synthesizer", "fake-transcriber"]
    assert (one.id, one.owned_by) == ("fake-chat", "parley")


async def test_there_are_no_embeddings() -> None:
    async with worker() as served, served.client() as client:
        with pytest.raises(openai.InternalServerError) as refused:
            await client.embeddings.create(model="default", input="a")
    assert (refused.value.status_code, refused.value.code) == (501, "no_embedding_model")


async def test_without_the_token_nothing_opens_but_health() -> None:
    async with worker() as served, httpx.AsyncClient(trust_env=False) as http:
        refused = [
            (await http.get(f"{served.url}/v1/models", headers=headers)).status_code
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": TOKEN},
                {"Authorization": f"Basic {TOKEN}"},
                {"Authorization": f"Bearer {TOKEN}x"},
                {"Authorization": "Bearer"},
                {"Authorization": b"Bearer \xff\xfe"},
            )
        ]
        health = await http.get(f"{served.url}/health")
        accepted = await http.get(f"{served.url}/v1/models", headers={"Authorization": f"bearer {TOKEN}"})
        async with served.client("wrong") as client:
            with pytest.raises(openai.AuthenticationError):
                await client.models.list()
    assert refused == [401] * 7
    assert (health.status_code, accepted.status_code) == (200, 200)


async def test_an_empty_token_is_no_lock() -> None:
    with pytest.raises(ValueError, match="shared secret"):
        TokenAuth(Starlette(), token="")


async def test_requests_are_counted_by_path_and_status() -> None:
    labels = {"path": "/v1/chat/completions", "status": "404"}
    before = metrics.registry.get_sample_value("parley_openai_requests_total", labels) or 0
    async with worker() as served:
        await served.post("/v1/chat/completions", json={"model": "x", "messages": [USER]})
    assert metrics.registry.get_sample_value("parley_openai_requests_total", labels) == before + 1


# --- real engines -------------------------------------------------------------------------------


@asynccontextmanager
async def real_engines() -> AsyncGenerator[StubPool]:
    """The engines of the tiny profile, loaded from weights that were pulled."""
    engines: dict[EngineRole, Any] = {}
    roles: tuple[EngineRole, ...] = ("chat", "synthesizer", "transcriber", "voice_detector")
    for role in roles:
        chosen = catalogue.resolve(role, "tiny")
        settings: dict[str, str | int | float] = {"model": chosen.name, "capacity": 1}
        if chosen.model is None or chosen.model.files:
            settings["path"] = str(catalogue.ensure(chosen.name))
        engines[role] = registry.create(role, chosen.engine, settings)
        await engines[role].load()
    try:
        yield StubPool(engines["chat"], engines["synthesizer"], engines["transcriber"], engines["voice_detector"])
    finally:
        for engine in engines.values():
            await engine.close()


@pytest.mark.model
async def test_real_engines_speak_understand_and_think() -> None:
    async with real_engines() as pool, worker(pool) as served, served.client() as client:
        speech = await client.audio.speech.create(
            model="default", input="We open at 9 on Saturday morning.", voice="default", response_format="wav"
        )
        file = ("a.wav", speech.content)
        heard = await client.audio.transcriptions.create(model="default", file=file)
        stream = await client.audio.transcriptions.create(model="default", file=file, stream=True)
        events = [event async for event in stream]
        words = heard.text.lower()
        assert "open" in words
        assert "saturday" in words
        assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]

        messages: Any = [
            {"role": "system", "content": "You are a friendly receptionist. " * 10},
            {"role": "user", "content": "Say hello."},
        ]
        for _ in range(2):
            chunks = [
                chunk
                async for chunk in await client.chat.completions.create(
                    model="default",
                    messages=messages,
                    max_tokens=12,
                    stream=True,
                    stream_options={"include_usage": True},
                )
            ]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        usage = chunks[-1].usage
        assert text.strip()
        assert usage is not None and usage.prompt_tokens_details is not None
        assert 0 < usage.completion_tokens <= 12
        assert usage.prompt_tokens > 50
