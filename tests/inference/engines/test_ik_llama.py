"""A real language model (the tiny profile's) on ik_llama.cpp: one cache for all, cancelling, tools, refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from inference.engines.base import ChatDelta, ChatOptions, TextDelta, ToolRequest, Usage
from inference.engines.ik_library import runs_here
from inference.engines.ik_llama import IkLlama, IkStream
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
ENDLESS = ChatOptions(temperature=0.0, max_tokens=600, grammar='root ::= ("a" | "b")* "c"')
HOURS = ToolSpec("get_hours", "Opening hours", '{"type":"object","properties":{"day":{"type":"string"}}}')


def _engine(**settings: str | int) -> IkLlama:
    path = weights("smollm2-135m")
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    return IkLlama(**{"path": path, "context": 1024, "capacity": 4, **settings})  # type: ignore[arg-type]


@pytest.fixture
async def model():
    engine = _engine()
    await engine.load()
    yield engine
    await engine.close()


async def _reply(
    stream: IkStream, messages: Sequence[Message], options: ChatOptions = SHORT, tools: Sequence[ToolSpec] = ()
) -> tuple[str, Usage, list[ToolRequest]]:
    deltas: list[ChatDelta] = [delta async for delta in stream.reply(messages, tools, options)]
    usage = deltas.pop()
    assert isinstance(usage, Usage)
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    return text, usage, [delta for delta in deltas if isinstance(delta, ToolRequest)]


def _read(usage: Usage) -> int:
    return usage.prompt_tokens - usage.cached_tokens


async def _read_so_far(model: IkLlama, stream: IkStream) -> int:
    """Tokens that the stream has in the cache, between two steps."""
    holding = await model._on_loop(lambda places: places._caches.get(stream.name))
    return len(holding.tokens) if holding is not None else 0


async def _at_work(model: IkLlama) -> bool:
    return await model._on_loop(lambda _: bool(model.loop._active))


async def test_the_head_is_cached_for_a_new_caller_while_others_talk(model: IkLlama) -> None:
    await model.warm(HEAD)
    async with (
        model.stream(HEAD) as first,
        model.stream(HEAD) as second,
        model.stream(HEAD) as third,
        aclosing(first.reply(ASK, (), ENDLESS)) as talking,
    ):
        await anext(talking)
        replies = await asyncio.gather(_reply(second, ASK), _reply(third, ASK))
        await anext(talking)
    for text, usage, _ in replies:
        assert text
        assert usage.reply_tokens == 6
        # All but the caller's line, the question and the template's words around them.
        assert _read(usage) < 60
        assert usage.cached_tokens > 200


async def test_a_head_nobody_warmed_is_read_by_its_first_caller_for_all(model: IkLlama) -> None:
    async with model.stream(HEAD) as first, model.stream(HEAD) as second:
        await _reply(first, ASK)
        _, usage, _ = await _reply(second, [*HEAD, Message("user", "Hello")])
    assert usage.cached_tokens > 200


async def test_prefill_leaves_only_the_last_words_to_read(model: IkLlama) -> None:
    partial = [*HEAD, Message("user", "I would like to know what treatment")]
    async with model.stream(HEAD) as stream:
        await stream.prefill(partial)
        _, usage, _ = await _reply(stream, [*HEAD, Message("user", f"{partial[-1].text} three costs")])
    assert _read(usage) < 12


async def test_prefill_of_nothing_reads_nothing_or_says_no(model: IkLlama) -> None:
    async with model.stream() as stream:
        await stream.prefill([Message("user", "")])
        assert (await _reply(stream, ASK))[0]


async def test_closing_a_reply_stops_it_and_a_retry_finds_the_cache(model: IkLlama) -> None:
    async with model.stream(HEAD) as stream:
        _, usage, _ = await _reply(stream, ASK)
        async with aclosing(stream.reply(ASK, (), ENDLESS)) as deltas:
            for _ in range(3):
                await anext(deltas)
        while await _at_work(model):
            pass
        # Six hundred tokens were asked for; three were taken, and a few were on their way.
        assert await _read_so_far(model, stream) < usage.prompt_tokens + 40
        _, usage, _ = await _reply(stream, ASK)
        assert _read(usage) == 1


async def test_cancelling_a_long_prefill_stops_it_and_keeps_what_was_read(model: IkLlama) -> None:
    await model.warm(HEAD)
    long = [*HEAD, CALLER, Message("user", "word " * 600)]
    async with model.stream(HEAD) as stream:
        task = asyncio.create_task(stream.prefill(long))
        while await _read_so_far(model, stream) < 350:
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while await _at_work(model):
            pass
        kept = await _read_so_far(model, stream)
        assert 350 <= kept < 950
        _, usage, _ = await _reply(stream, [*HEAD, CALLER, Message("user", "word " * 40 + "and more")])
    assert _read(usage) < 60


async def test_a_reply_ends_the_prefill_before_it(model: IkLlama) -> None:
    async with model.stream(HEAD) as stream:
        prefill = asyncio.create_task(stream.prefill([*HEAD, Message("user", "word " * 600)]))
        while not await _read_so_far(model, stream):
            pass
        text, _, _ = await _reply(stream, ASK)
        await asyncio.wait_for(prefill, 10)
        assert not await _at_work(model)
    assert text


async def test_a_newer_prefill_replaces_the_one_before(model: IkLlama) -> None:
    async with model.stream(HEAD) as stream:
        older = asyncio.create_task(stream.prefill([*HEAD, Message("user", "word " * 600)]))
        await asyncio.sleep(0)
        await stream.prefill([*HEAD, CALLER])
        await asyncio.wait_for(older, 10)
        _, usage, _ = await _reply(stream, ASK)
    assert _read(usage) < 40


def _sure(words: str, system: str = "You repeat your list.") -> list[Message]:
    """A prompt whose answer is `words`, which have been the answer before.

    The model is so sure of them that rounding, which depends on what lies around in the cache, changes
    none; whoever sees another conversation's tokens, or misses some of its own, says something else.
    """
    exchange = (Message("user", "Your list?"), Message("assistant", words))
    return [Message("system", system), *3 * exchange, exchange[0]]


LISTS = ("red, green, blue", "oak, elm, ash", "tea, coffee, water, juice", "one, two, three, four")
WHOLE = ChatOptions(temperature=0.0, max_tokens=16)


async def test_conversations_at_once_say_what_they_say_alone(model: IkLlama) -> None:
    async def say(words: str) -> str:
        async with model.stream() as stream:
            await stream.prefill(_sure(words)[:-1])
            return (await _reply(stream, _sure(words), WHOLE))[0]

    assert await asyncio.gather(*map(say, LISTS)) == list(LISTS)


async def test_a_conversation_that_ended_leaves_its_place(model: IkLlama) -> None:
    async with model.stream() as stream:
        await _reply(stream, ASK)
        assert await model._on_loop(lambda places: places._context.used) > 200
    assert await model._on_loop(lambda places: places._context.used) == 0


async def test_a_cache_that_is_full_is_shared_out_and_the_words_stay_the_same() -> None:
    engine = _engine(context=384, cells=384)
    await engine.load()
    prompts = [_sure(words, f"Once there were {n} mice. " * 18) for n, words in enumerate(LISTS)]
    try:
        async with engine.stream() as a, engine.stream() as b, engine.stream() as c, engine.stream() as d:
            for _ in range(2):
                for stream, prompt, words in zip((a, b, c, d), prompts, LISTS, strict=True):
                    text, usage, _ = await _reply(stream, prompt, WHOLE)
                    assert text == words
            # Put aside since, for the others; and given back.
            assert _read(usage) == 1
    finally:
        await engine.close()


async def test_a_stop_string_ends_the_reply_and_is_not_said(model: IkLlama) -> None:
    longer = ChatOptions(temperature=0.0, max_tokens=20)
    async with model.stream(HEAD) as stream:
        text, usage, _ = await _reply(stream, ASK, longer)
        stop = text[len(text) // 2 : len(text) // 2 + 4]
        stopped, less, _ = await _reply(stream, ASK, ChatOptions(temperature=0.0, max_tokens=20, stop=(stop,)))
    assert stopped == text.partition(stop)[0]
    assert less.reply_tokens < usage.reply_tokens


async def test_a_seed_repeats_a_reply(model: IkLlama) -> None:
    options = ChatOptions(temperature=1.5, max_tokens=12, seed=5)
    async with model.stream(HEAD) as stream:
        await _reply(stream, ASK, SHORT)  # so that both are computed in the same pieces
        texts = [(await _reply(stream, ASK, options))[0] for _ in range(2)]
    assert texts[0] == texts[1]


async def test_a_schema_and_a_grammar_bind_the_reply(model: IkLlama) -> None:
    intent = {"type": "object", "properties": {"intent": {"enum": ["book", "cancel"]}}, "required": ["intent"]}
    schema = json.dumps({**intent, "additionalProperties": False})
    async with model.stream() as stream:
        text, _, _ = await _reply(stream, ASK, ChatOptions(json_schema=schema, max_tokens=40))
        assert json.loads(text)["intent"] in ("book", "cancel")
        text, _, _ = await _reply(stream, ASK, ChatOptions(grammar='root ::= "yes" | "no"'))
        assert text in ("yes", "no")


@pytest.mark.parametrize(
    "options",
    [ChatOptions(json_schema='{"type":"bogus"}'), ChatOptions(grammar="root ::= ((("), ChatOptions(json_schema="{")],
)
async def test_an_impossible_constraint_is_refused_and_the_next_reply_works(
    model: IkLlama, options: ChatOptions
) -> None:
    async with model.stream() as stream:
        with pytest.raises(EngineError) as refused:
            await _reply(stream, ASK, options)
        assert refused.value.code == "options"
        text, _, _ = await _reply(stream, ASK)
        assert text


async def test_a_tool_whose_parameters_are_no_json_is_refused(model: IkLlama) -> None:
    async with model.stream() as stream:
        with pytest.raises(EngineError, match="'get_hours' is not JSON") as refused:
            await _reply(stream, ASK, tools=(ToolSpec("get_hours", "", "{"),))
    assert refused.value.code == "options"


async def test_a_tool_call_with_its_answer_is_a_prompt_the_template_takes(model: IkLlama) -> None:
    lines = [
        *ASK,
        Message("assistant", "", "get_hours", "c1", '{"day":"Saturday"}'),
        Message("tool", '{"open":"9 am"}', "get_hours", "c1"),
    ]
    async with model.stream(HEAD) as stream:
        text, usage, calls = await _reply(stream, lines, tools=(HOURS,))
    assert usage.reply_tokens > 0
    assert text or calls


async def test_a_call_in_the_reply_is_a_request_and_not_text(model: IkLlama) -> None:
    written = '<tool_call>{"name": "get_hours", "arguments": {"day": "Saturday"}}</tool_call>'
    options = ChatOptions(max_tokens=80, grammar=f"root ::= {json.dumps('Well. ' + written)}")
    async with model.stream() as stream:
        text, _, calls = await _reply(stream, ASK, options, tools=(HOURS,))
        assert text == "Well. "
        assert [(call.name, json.loads(call.arguments)) for call in calls] == [("get_hours", {"day": "Saturday"})]
        text, _, calls = await _reply(stream, ASK, options)
        assert (text, calls) == (f"Well. {written}", [])


async def test_a_history_longer_than_the_context_loses_its_oldest_lines_not_the_call() -> None:
    engine = _engine(context=384)
    await engine.load()
    history = [Message("user" if n % 2 == 0 else "assistant", f"Line {n}: " + "blah " * 30) for n in range(41)]
    try:
        async with engine.stream() as stream:
            text, usage, _ = await _reply(stream, history)
            assert text
            assert usage.prompt_tokens <= 384
            await stream.prefill(history)
            # A reply ends where the window does.
            _, usage, _ = await _reply(stream, history, ENDLESS)
            assert usage.prompt_tokens + usage.reply_tokens == 384
            # A line that is too long by itself is cut, not refused.
            text, usage, _ = await _reply(stream, [Message("user", "word " * 2000)])
            assert text
            assert usage.prompt_tokens <= 384
            assert (await _reply(stream, [Message("user", "Hello")]))[0]
    finally:
        await engine.close()


async def test_a_head_kept_on_disk_is_restored_by_the_next_engine(tmp_path: Path) -> None:
    texts = []
    for read_anew in (True, False):
        engine = _engine(keep_folder=str(tmp_path))
        await engine.load()
        try:
            steps = _watch(engine)
            await engine.warm(HEAD)
            assert bool(steps) is read_anew
            await engine.warm(HEAD)  # it is there: nothing is read or restored again
            async with engine.stream(HEAD) as stream:
                text, usage, _ = await _reply(stream, ASK)
            texts.append(text)
            assert usage.cached_tokens > 200
        finally:
            await engine.close()
        assert [path.name[:5] for path in tmp_path.iterdir()] == ["head-"]
    assert texts[0] == texts[1]


def _watch(engine: IkLlama) -> list[int]:
    """The sizes of all steps from now on."""
    steps: list[int] = []
    read = engine._context.read

    def noted(rows: Sequence[tuple[int, int, int, bool]]) -> bool:
        steps.append(len(rows))
        return read(rows)

    engine._context.read = noted  # type: ignore[method-assign]
    return steps


async def test_a_damaged_file_is_read_anew_and_replaced(tmp_path: Path) -> None:
    head = (Message("system", "You are Ava of Smile Dental. Answer in one short sentence."),)
    engine = _engine(keep_folder=str(tmp_path))
    await engine.load()
    try:
        await engine.warm(head)
    finally:
        await engine.close()
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    # The library ends the process for the last one: it believes what a state says of its own size.
    for damaged in (whole[:1000], whole[:32] + b"\xff\xff\xff\x7f" + whole[36:]):
        kept.write_bytes(damaged)
        engine = _engine(keep_folder=str(tmp_path))
        await engine.load()
        try:
            await engine.warm(head)
            async with engine.stream(head) as stream:
                _, usage, _ = await _reply(stream, [*head, Message("user", "Hello")])
            assert usage.cached_tokens > 10
        finally:
            await engine.close()
        assert len(kept.read_bytes()) == len(whole)


async def test_closing_ends_what_runs_and_nothing_is_served_after(model: IkLlama) -> None:
    async with model.stream() as stream, aclosing(stream.reply(ASK, (), ENDLESS)) as deltas:
        assert isinstance(await anext(deltas), TextDelta)
        await model.close()
        with pytest.raises(EngineNotReady):
            async for _ in deltas:
                pass
        with pytest.raises(EngineNotReady):
            await stream.prefill(HEAD)
        with pytest.raises(EngineNotReady):
            await _reply(stream, ASK)
    with pytest.raises(EngineNotReady):
        await model.warm(HEAD)
    await model.close()


async def test_closing_ends_a_head_that_is_being_read(model: IkLlama) -> None:
    async with model.stream() as stream:
        warming = asyncio.create_task(model.warm(HEAD))
        reading = asyncio.create_task(stream.prefill([Message("user", "word " * 600)]))
        while not await _read_so_far(model, stream):
            pass
        await model.close()
        for task in (warming, reading):
            with pytest.raises(EngineNotReady):
                await asyncio.wait_for(task, 10)


async def test_weights_that_are_not_there_or_are_none(tmp_path: Path) -> None:
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    for path, words in ((tmp_path / "none.gguf", "no weights"), (broken, "could not load broken.gguf")):
        engine = IkLlama(path=str(path))
        with pytest.raises(EngineNotReady, match=words):
            await engine.load()
        with pytest.raises(EngineNotReady):
            await engine.warm(HEAD)
        await engine.close()
