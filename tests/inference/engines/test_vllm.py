"""The vLLM engine without vLLM: prompts, order, heads, sleep. With vLLM: tests/engines_vllm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest

from inference.engines import registry
from inference.engines.base import ChatDelta, ChatModel, ChatOptions, CountsTokens, TextDelta, ToolRequest, Usage
from inference.engines.in_workspace import in_workspace
from inference.engines.vllm import VLLM, salt_of
from inference.engines.vllm_core import Piece, Request
from inference.engines.vllm_seats import BACKGROUND, GUESS, LIVE
from inference.engines.vllm_stream import VLLMStream
from inference.errors import EngineError, EngineNotReady, UnknownEngine
from inference.events import Message
from inference.nodes import ToolSpec
from tests.inference.engines.vllm_double import DoubleCore

HEAD = (Message("system", "You are A."),)
TOOLS = (ToolSpec("slots", "Free slots"),)


@pytest.fixture
async def core() -> DoubleCore:
    return DoubleCore()


@pytest.fixture
async def model(core: DoubleCore) -> AsyncIterator[VLLM]:
    engine = VLLM(model="small", capacity=2, seats=2, path="/nowhere", start=core.start)
    await engine.load()
    core.asked.clear()
    yield engine
    await engine.close()
    assert core.closed


def asked(text: str = "When?") -> list[Message]:
    return [*HEAD, Message("user", text)]


async def answer(stream: VLLMStream, messages: list[Message], **options: object) -> list[ChatDelta]:
    chosen = ChatOptions(**{"temperature": 0.0, **options})  # type: ignore[arg-type]
    async with aclosing(stream.reply(messages, TOOLS if options.pop("tools", False) else (), chosen)) as deltas:
        return [delta async for delta in deltas]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def text_of(request: Request) -> str:
    return "".join(map(chr, request.tokens))


async def test_a_reply_is_streamed_and_its_usage_told_last(model: VLLM, core: DoubleCore) -> None:
    async with model.stream() as stream:
        assert isinstance(model, ChatModel)
        assert isinstance(stream, CountsTokens)
        assert (stream.window, stream.count("Hello")) == (600, 5)
        deltas = await answer(stream, asked())
    prompt = len(core.asked[0].tokens)
    assert deltas == [TextDelta("Fine"), TextDelta("."), Usage(prompt, prompt // 2, 2)]
    assert text_of(core.asked[0]) == "<system>You are A.<user>When?<assistant>"
    assert (core.asked[0].priority, core.asked[0].max_tokens) == (LIVE, 220)


async def test_options_become_the_request(model: VLLM, core: DoubleCore) -> None:
    async with model.stream() as stream:
        await answer(stream, asked(), temperature=0.7, seed=3, stop=("\n",), max_tokens=9, grammar='root ::= "A" | "B"')
        await answer(stream, asked(), background=True, json_schema='{"type":"object"}')
        with pytest.raises(EngineError, match="JSON"):
            await answer(stream, asked(), json_schema="{")
    first, second = core.asked
    assert (first.temperature, first.seed, first.stop, first.max_tokens) == (0.7, 3, ("\n",), 9)
    assert (first.bound, second.bound) == ({"choice": ["A", "B"]}, {"json": {"type": "object"}})
    assert second.priority == BACKGROUND


async def test_a_tool_call_is_taken_out_of_the_text(model: VLLM, core: DoubleCore) -> None:
    core.script = ["One moment. <tool_", 'call>{"name": "slots", "arguments"', ': {"day": "mon"}}</tool_call>']
    async with (
        model.stream() as stream,
        aclosing(stream.reply(asked(), TOOLS, ChatOptions(temperature=0.0))) as reply,
    ):
        deltas = [delta async for delta in reply]
    assert deltas[0] == TextDelta("One moment. ")
    call = deltas[1]
    assert isinstance(call, ToolRequest)
    assert (call.name, call.arguments) == ("slots", '{"day": "mon"}')
    assert len(deltas) == 3


async def test_a_closed_reply_has_stopped_and_freed_its_seat(model: VLLM, core: DoubleCore) -> None:
    async with model.stream() as stream:
        async with aclosing(stream.reply(asked(), (), ChatOptions())) as deltas:
            await anext(deltas)
            assert model._seats.taken == 1
        assert (core.stopped, model._seats.taken) == (core.asked, 0)
        core.gate.clear()
        waiting = asyncio.create_task(answer(stream, asked()))
        await settle()
        waiting.cancel()
        await asyncio.wait([waiting])
    assert (len(core.stopped), model._seats.taken) == (2, 0)


async def test_a_long_history_loses_its_oldest_lines_and_the_call_goes_on(model: VLLM, core: DoubleCore) -> None:
    history = [Message("user" if number % 2 == 0 else "assistant", f"{number:04d}" * 20) for number in range(9)]
    async with model.stream() as stream:
        await answer(stream, [*HEAD, *history])
        with pytest.raises(EngineError) as error:
            await answer(stream, [Message("system", "x" * 700)])
    assert error.value.code == "context_full"
    assert len(core.asked[0].tokens) + 220 <= 600
    assert "0008" in text_of(core.asked[0])
    assert text_of(core.asked[0]).startswith("<system>You are A.")
    assert "0000" not in text_of(core.asked[0])


async def test_workspaces_are_told_apart_by_a_salt(model: VLLM, core: DoubleCore) -> None:
    for workspace in ("one", "two", ""):
        view = in_workspace(model, workspace)
        await view.warm(HEAD)
        async with view.stream(HEAD) as stream:
            await answer(stream, asked())  # type: ignore[arg-type]
    salts = [request.salt for request in core.asked]
    assert salts[0::2] == salts[1::2] == [salt_of("one"), salt_of("two"), ""]
    assert len(set(salts)) == 3
    assert "one" not in salts[0]


async def test_an_engine_that_shares_nothing_is_left_as_it_is() -> None:
    fake = registry.create("chat", "fake", {})
    assert in_workspace(fake, "one") is fake  # type: ignore[arg-type]


async def test_reading_ahead_ends_where_the_words_end_and_the_reply_stops_it(model: VLLM, core: DoubleCore) -> None:
    async with model.stream() as stream:
        await stream.prefill(asked("I would"))
        assert text_of(core.asked[0]) == "<system>You are A.<user>I would"
        assert (core.asked[0].max_tokens, core.asked[0].priority) == (1, GUESS)
        core.gate.clear()
        reading = asyncio.create_task(stream.prefill(asked("I would like")))
        await settle()
        replying = asyncio.create_task(answer(stream, asked("I would like it.")))
        await settle()
        core.gate.set()
        await asyncio.gather(reading, replying)
        assert [text_of(each)[-8:] for each in core.stopped[-1:]] == ["uld like"]
        core.gate.clear()
        reading = asyncio.create_task(stream.prefill(asked("More")))
        await settle()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert text_of(core.stopped[-1]).endswith("More")
        assert model._seats.taken == 0


async def test_a_full_queue_refuses_at_once_and_background_work_does_not_queue(model: VLLM, core: DoubleCore) -> None:
    core.gate.clear()
    async with model.stream() as stream:
        first = [asyncio.create_task(answer(stream, asked())) for _ in range(2)]
        await settle()
        with pytest.raises(EngineError) as refused:
            await answer(stream, asked(), background=True)
        queued = [asyncio.create_task(answer(stream, asked())) for _ in range(2)]
        await settle()
        with pytest.raises(EngineError) as full:
            await answer(stream, asked())
        core.gate.set()
        await asyncio.gather(*first, *queued)
        assert await answer(stream, asked(), background=True)
    assert (refused.value.code, full.value.code) == ("engine_full", "engine_full")


async def test_a_guess_in_the_queue_that_somebody_waits_for_goes_to_the_front(model: VLLM, core: DoubleCore) -> None:
    core.gate.clear()
    wanted = False
    async with model.stream() as stream:
        others = [asyncio.create_task(answer(stream, asked())) for _ in range(2)]
        guess = asyncio.create_task(answer(stream, asked("Now?"), awaited=lambda: wanted))
        await settle()
        assert [request.priority for request in core.asked] == [LIVE, LIVE, GUESS]
        wanted = True
        async with asyncio.timeout(5):
            while len(core.asked) < 4:
                await asyncio.sleep(0.005)
        assert core.stopped == [core.asked[2]]
        assert core.asked[3].priority == LIVE
        assert core.asked[3].tokens == core.asked[2].tokens
        core.gate.set()
        await asyncio.gather(*others)
        assert TextDelta("Fine") in await guess


async def test_a_held_reply_computes_one_token_and_goes_on_from_it(model: VLLM, core: DoubleCore) -> None:
    held = True
    async with model.stream() as stream:
        reply = stream.reply(asked(), (), ChatOptions(temperature=0.0, held=lambda: held))
        assert await anext(reply) == TextDelta("Fine")
        rest = asyncio.create_task(anext(reply))
        await settle()
        assert [request.max_tokens for request in core.asked] == [1]
        assert model._seats.taken == 0
        held = False
        await rest
        async with aclosing(reply):
            assert isinstance([delta async for delta in reply][-1], Usage)
    assert core.asked[1].tokens == [*core.asked[0].tokens, 1]
    assert core.asked[1].max_tokens == 219


async def test_a_held_reply_of_one_token_is_over(model: VLLM, core: DoubleCore) -> None:
    core.script = ["Yes"]
    async with model.stream() as stream:
        assert (await answer(stream, asked(), held=lambda: True))[0] == TextDelta("Yes")
    assert len(core.asked) == 1


async def test_heads_are_used_again_before_they_are_the_oldest(model: VLLM, core: DoubleCore) -> None:
    await model.warm(HEAD, workspace="one")
    head = core.asked[0].tokens
    async with model.stream() as stream:
        for _ in range(12):
            await answer(stream, [Message("user", "many words " * 25)])
            await settle()
    again = [request for request in core.asked[1:] if list(request.tokens) == list(head)]
    assert 2 <= len(again) <= 6
    assert {(request.salt, request.priority) for request in again} == {(salt_of("one"), BACKGROUND)}


async def test_an_idle_model_sleeps_and_wakes_with_its_heads(core: DoubleCore) -> None:
    model = VLLM(model="small", seats=1, path="/nowhere", sleep_after=60, start=core.start)
    await model.load()
    await model.warm(HEAD)
    await model._sleep._fall_asleep()
    assert (core.slept, model._sleep.asleep) == (1, True)
    core.asked.clear()
    async with model.stream() as stream:
        await answer(stream, [Message("system", "You are B."), Message("user", "When?")])
        await settle()
    assert core.woken == 1
    assert [text_of(request) for request in core.asked][1:] == ["<system>You are A."]
    core.gate.clear()
    async with model.stream() as stream:
        busy = asyncio.create_task(answer(stream, asked()))
        await settle()
        await model._sleep._fall_asleep()
        assert core.slept == 1
        core.gate.set()
        await busy
    await model.close()
    with pytest.raises(EngineNotReady):
        await model.warm(HEAD)


async def test_a_process_that_died_is_started_again_with_its_heads(model: VLLM, core: DoubleCore) -> None:
    await model.warm(HEAD, workspace="one")
    core.dead = True
    async with model.stream() as stream:
        with pytest.raises(EngineNotReady):
            await answer(stream, asked())
        core.asked.clear()
        assert model._reviving is not None
        await model._reviving
        assert core.closed
        assert (text_of(core.asked[-1]), core.asked[-1].salt) == ("<system>You are A.", salt_of("one"))
        assert TextDelta("Fine") in await answer(stream, asked())


async def test_what_never_answered_is_not_started_again() -> None:
    class Stillborn(DoubleCore):
        async def generate(self, request: Request) -> AsyncGenerator[Piece]:
            raise EngineNotReady("Gone.")
            yield

    core = Stillborn()
    model = VLLM(model="small", path="/nowhere", start=core.start)
    with pytest.raises(EngineNotReady):
        await model.load()
    assert core.closed
    assert model._reviving is None


def test_the_registry_knows_it_and_its_settings() -> None:
    assert registry.create("chat", "vllm", {"model": "m", "path": "/p", "quantization": "awq"}, {}).info.kind == "vllm"
    with pytest.raises(UnknownEngine, match="colour"):
        registry.create("chat", "vllm", {"colour": 1}, {})
