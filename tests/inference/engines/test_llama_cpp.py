"""A real language model (the tiny profile's): places in the cache, cancelling, tools, refusals."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from inference.engines.base import ChatDelta, ChatOptions, TextDelta, ToolRequest, Usage
from inference.engines.llama_cpp import LlamaCpp, LlamaStream
from inference.errors import EngineError, EngineNotReady
from inference.events import Message
from inference.nodes import ToolSpec

from .conftest import weights

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

FACTS = " ".join(f"Treatment {n} costs {n * 7 + 40} euros and takes {n + 10} minutes." for n in range(12))
HEAD = (Message("system", f"You are Ava of Smile Dental. {FACTS} Answer in one short sentence."),)
CALLER = Message("system", "Now: Sunday 22 November 2026, 08:01.")
ASK = [*HEAD, CALLER, Message("user", "What does treatment 3 cost?")]
SHORT = ChatOptions(temperature=0.0, max_tokens=6)
ENDLESS = ChatOptions(temperature=0.0, max_tokens=2000, grammar='root ::= ("a" | "b")* "c"')


@pytest.fixture
async def model(tmp_path: Path):
    engine = LlamaCpp(path=weights("smollm2-135m"), slots=2, state_folder=str(tmp_path))
    await engine.load()
    yield engine
    await engine.close()


async def _reply(
    stream: LlamaStream, messages: Sequence[Message], options: ChatOptions = SHORT, tools: Sequence[ToolSpec] = ()
) -> tuple[str, Usage, list[ToolRequest]]:
    deltas: list[ChatDelta] = [delta async for delta in stream.reply(messages, tools, options)]
    usage = deltas.pop()
    assert isinstance(usage, Usage)
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    return text, usage, [delta for delta in deltas if isinstance(delta, ToolRequest)]


async def test_the_head_is_cached_for_a_new_caller_while_others_talk(model: LlamaCpp) -> None:
    await model.warm(HEAD)
    async with model.stream(HEAD) as first, model.stream(HEAD) as second:
        replies = await asyncio.gather(_reply(first, ASK), _reply(second, ASK))
    for text, usage, _ in replies:
        assert text
        assert usage.reply_tokens == 6
        # All but the caller's line, the question and the template's words around them.
        assert usage.prompt_tokens - usage.cached_tokens < 60
        assert usage.cached_tokens > 200
    assert replies[0] == replies[1]


async def test_more_conversations_than_slots_keep_their_caches(model: LlamaCpp) -> None:
    await model.warm(HEAD)
    async with model.stream(HEAD) as a, model.stream(HEAD) as b, model.stream(HEAD) as c:
        for stream in (a, b, c):
            await _reply(stream, ASK)
        for stream in (a, b, c):
            _, usage, _ = await _reply(stream, ASK)
            assert usage.prompt_tokens - usage.cached_tokens == 1
    assert sorted(path.name[:5] for path in next(Path(model._state_folder).iterdir()).iterdir()) == ["head-"]


async def test_a_head_nobody_warmed_is_kept_by_its_first_caller(model: LlamaCpp) -> None:
    async with model.stream(HEAD) as first:
        await _reply(first, ASK)
    async with model.stream(HEAD) as blocker, model.stream(HEAD) as second:
        await _reply(blocker, [Message("user", "Hello")])
        _, usage, _ = await _reply(second, ASK)
    assert usage.cached_tokens > 200


async def test_prefill_leaves_only_the_last_words_to_read(model: LlamaCpp) -> None:
    partial = [*HEAD, Message("user", "I would like to know what treatment")]
    async with model.stream(HEAD) as stream:
        await stream.prefill(partial)
        _, usage, _ = await _reply(stream, [*HEAD, Message("user", f"{partial[-1].text} three costs")])
    assert usage.prompt_tokens - usage.cached_tokens < 12


def _slots(model: LlamaCpp) -> list[dict[str, Any]]:
    """llama.cpp's own account of its slots."""
    server = model.server
    connection = http.client.HTTPConnection(server._host, server._port, timeout=10)
    connection.request("GET", "/slots", headers={"Authorization": f"Bearer {server._key}"})
    slots: list[dict[str, Any]] = json.loads(connection.getresponse().read())
    connection.close()
    return slots


async def _tokens_when_idle(model: LlamaCpp, stream: LlamaStream) -> int:
    """Tokens in the stream's slot once llama.cpp says that it works no more."""
    slot = model._table.slot_of(stream.name)
    assert slot is not None
    async with asyncio.timeout(20):
        while (account := (await asyncio.to_thread(_slots, model))[slot])["is_processing"]:
            pass
    return int(account["n_prompt_tokens"])


async def test_closing_a_reply_stops_compute_and_a_retry_finds_the_cache(model: LlamaCpp) -> None:
    async with model.stream(HEAD) as stream:
        _, usage, _ = await _reply(stream, ASK)
        async with aclosing(stream.reply(ASK, (), ENDLESS)) as deltas:
            for _ in range(3):
                await anext(deltas)
        # Two thousand tokens were asked for; three were taken, and a few were on their way.
        assert await _tokens_when_idle(model, stream) < usage.prompt_tokens + 20
        _, usage, _ = await _reply(stream, ASK)
        assert usage.prompt_tokens - usage.cached_tokens == 1


async def test_cancelling_a_long_prefill_stops_it_and_keeps_what_was_read(model: LlamaCpp) -> None:
    await model.warm(HEAD)
    long = [*HEAD, Message("user", "word " * 3000)]
    async with model.stream(HEAD) as stream:
        task = asyncio.create_task(stream.prefill(long))
        while not any(slot["is_processing"] for slot in await asyncio.to_thread(_slots, model)):
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await _tokens_when_idle(model, stream) < 2000
        _, usage, _ = await _reply(stream, ASK)
    assert usage.prompt_tokens - usage.cached_tokens < 60


async def test_a_reply_ends_the_prefill_before_it(model: LlamaCpp) -> None:
    async with model.stream(HEAD) as stream:
        prefill = asyncio.create_task(stream.prefill([*HEAD, Message("user", "word " * 1500)]))
        while not model._table._busy:
            await asyncio.sleep(0.01)
        text, _, _ = await _reply(stream, ASK)
        await asyncio.wait_for(prefill, 10)
    assert text


async def test_a_schema_and_a_grammar_bind_the_reply(model: LlamaCpp) -> None:
    schema = '{"type":"object","properties":{"intent":{"enum":["book","cancel"]}},"required":["intent"]}'
    async with model.stream() as stream:
        text, _, _ = await _reply(stream, ASK, ChatOptions(json_schema=schema, max_tokens=40))
        assert "intent" in text
        assert ("book" in text) != ("cancel" in text)
        text, _, _ = await _reply(stream, ASK, ChatOptions(grammar='root ::= "yes" | "no"'))
        assert text in ("yes", "no")


@pytest.mark.parametrize(
    "options",
    [ChatOptions(json_schema='{"type":"bogus"}'), ChatOptions(grammar="root ::= ((("), ChatOptions(json_schema="{")],
)
async def test_an_impossible_constraint_is_refused_and_the_next_reply_works(
    model: LlamaCpp, options: ChatOptions
) -> None:
    async with model.stream() as stream:
        with pytest.raises(EngineError):
            await _reply(stream, ASK, options)
        text, _, _ = await _reply(stream, ASK)
        assert text


async def test_a_tool_call_with_its_answer_is_a_prompt_the_template_takes(model: LlamaCpp) -> None:
    hours = ToolSpec("get_hours", "Opening hours", '{"type":"object","properties":{"day":{"type":"string"}}}')
    lines = [
        *ASK,
        Message("assistant", "", "get_hours", "c1", '{"day":"Saturday"}'),
        Message("tool", '{"open":"9 am"}', "get_hours", "c1"),
    ]
    async with model.stream(HEAD) as stream:
        text, usage, calls = await _reply(stream, lines, tools=(hours,))
    assert usage.reply_tokens > 0
    assert text or calls


async def test_a_history_longer_than_the_context_loses_its_oldest_lines_not_the_call(tmp_path: Path) -> None:
    engine = LlamaCpp(path=weights("smollm2-135m"), slots=1, context=512, state_folder=str(tmp_path))
    await engine.load()
    history = [Message("user" if n % 2 == 0 else "assistant", f"Line {n}: " + "blah " * 30) for n in range(41)]
    try:
        async with engine.stream() as stream:
            text, usage, _ = await _reply(stream, history)
    finally:
        await engine.close()
    assert text
    assert usage.prompt_tokens <= 512


async def test_signals_are_pythons_again_after_loading(model: LlamaCpp) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, arrived.set)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(arrived.wait(), 5)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def test_closing_ends_what_runs_and_removes_the_files(tmp_path: Path) -> None:
    engine = LlamaCpp(path=weights("smollm2-135m"), slots=1, state_folder=str(tmp_path))
    await engine.load()
    async with engine.stream() as stream, aclosing(stream.reply(ASK, (), ENDLESS)) as deltas:
        assert isinstance(await anext(deltas), TextDelta)
        await engine.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(EngineNotReady):
        await engine.warm(HEAD)


async def test_weights_that_are_not_there_or_are_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    for path, words in ((tmp_path / "none.gguf", "no weights"), (broken, "could not load broken.gguf")):
        engine = LlamaCpp(path=str(path), state_folder=str(tmp_path / "states"))
        (tmp_path / "states").mkdir(exist_ok=True)
        with pytest.raises(EngineNotReady, match=words):
            await engine.load()
        assert list((tmp_path / "states").iterdir()) == []
