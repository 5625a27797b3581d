"""Streaming, the shared cache, cancelling, order, bound replies: with the real library."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing, suppress

import pytest

from inference.engines.base import ChatOptions, CountsTokens, TextDelta, ToolRequest, Usage
from inference.engines.vllm import VLLM
from inference.engines.vllm_sleep import Sleep
from inference.engines.vllm_tools import readings
from inference.errors import EngineError, UnknownEngine
from inference.events import Message
from inference.judging import Judge, Talk, choice_grammar
from inference.nodes import Slot, ToolSpec
from tests.engines_vllm.support import HEAD, Steps, answer, asked, tell, until

LONG = ChatOptions(temperature=0.0, max_tokens=400)
STORY = "Tell me a very long story about a bicycle, with every detail, and do not stop."


async def test_words_come_one_by_one_and_the_usage_last(model: VLLM) -> None:
    async with model.stream() as stream:
        assert isinstance(stream, CountsTokens)
        assert (stream.window, stream.count("Hello there")) == (1024, 2)
        reply = stream.reply(asked("When do you open?"), (), ChatOptions(temperature=0.0, max_tokens=16))
        deltas = [delta async for delta in reply]
    words = [delta.text for delta in deltas if isinstance(delta, TextDelta)]
    usage = deltas[-1]
    assert isinstance(usage, Usage)
    assert len(words) >= 8
    assert "".join(words).strip()
    assert usage.reply_tokens == 16 or usage.reply_tokens >= len(words)
    assert usage.prompt_tokens > 100


async def test_a_second_conversation_finds_the_head_in_the_cache_and_another_workspace_does_not(model: VLLM) -> None:
    await model.warm(HEAD, workspace="one")
    async with model.stream(HEAD, workspace="one") as stream:
        _, first = await answer(stream, asked("When do you open?"))
    async with model.stream(HEAD, workspace="one") as stream:
        _, second = await answer(stream, asked("What does a tyre cost?"))
    async with model.stream(HEAD, workspace="two") as stream:
        _, foreign = await answer(stream, asked("When do you open?"))
    tell(f"cached: {first.cached_tokens} and {second.cached_tokens} of {second.prompt_tokens}; other workspace: 0")
    assert min(first.cached_tokens, second.cached_tokens) >= 64
    assert foreign.cached_tokens == 0


async def test_a_closed_reply_computes_nothing_more_and_holds_nothing(model: VLLM, steps: Steps) -> None:
    engine = model.core._engine
    async with model.stream() as stream:
        async with aclosing(stream.reply(asked(STORY), (), LONG)) as deltas:
            async for _ in deltas:
                if steps.written() >= 5:
                    break
            assert not await engine.reset_prefix_cache(), "a running reply holds blocks of the cache"
            written, began = steps.written(), time.monotonic()
        stopped = time.monotonic() - began
        # In order behind the abort: blocks are given back by now.
        assert await engine.reset_prefix_cache()
        after = steps.written()
        await asyncio.sleep(0.3)
    tell(f"an abort took {stopped * 1000:.1f} ms")
    assert after - written <= 2, "the step in hand, and one that ended while the question was asked"
    assert steps.written() == after < LONG.max_tokens
    assert steps.all[-1].running == 0


async def test_a_cancelled_task_stops_it_too_and_the_next_reply_comes_at_once(model: VLLM, steps: Steps) -> None:
    async with model.stream() as stream:
        talking = asyncio.create_task(answer(stream, asked(STORY), max_tokens=400))
        await until(lambda: steps.written() >= 3)
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking
        assert await model.core._engine.reset_prefix_cache()
        text, _ = await answer(stream, asked("When do you open?"))
    assert text


async def test_a_live_turn_goes_before_a_guess_and_background_work_is_refused(model: VLLM) -> None:
    order: list[str] = []

    async def ask(name: str, **options: object) -> None:
        async with model.stream() as stream:
            await answer(stream, asked(name), max_tokens=1, **options)
        order.append(name)

    async with model.stream() as one, model.stream() as two:
        talking = [asyncio.create_task(answer(each, asked(STORY), max_tokens=60)) for each in (one, two)]
        await until(lambda: model._seats.taken == 2)
        await asyncio.sleep(0.2)
        wanted = False
        guess = asyncio.create_task(ask("guess", awaited=lambda: False))
        grown = asyncio.create_task(ask("grown", awaited=lambda: wanted))
        with pytest.raises(EngineError) as refused:
            await ask("background", background=True)
        await asyncio.sleep(0.05)
        with pytest.raises(EngineError) as full:
            await asyncio.gather(*(ask(f"more {n}") for n in range(3)))
        assert order == []
        wanted = True
        await asyncio.gather(guess, grown, *talking)
    assert (refused.value.code, full.value.code) == ("engine_full", "engine_full")
    assert order.index("grown") < order.index("guess")


async def test_a_full_queue_answers_at_once(model: VLLM) -> None:
    async with model.stream() as stream:
        waiting = [asyncio.create_task(answer(stream, asked(f"{n} {STORY}"), max_tokens=200)) for n in range(4)]
        await until(lambda: model._seats.taken == 4)
        began = time.monotonic()
        with pytest.raises(EngineError, match="more to do") as error:
            await answer(stream, asked("And me?"))
        assert time.monotonic() - began < 0.05
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert error.value.code == "engine_full"
    # A head that is read again, between them, takes a seat for a moment.
    await until(lambda: model._seats.taken == 0)


async def test_what_was_read_while_the_caller_spoke_is_not_read_again(model: VLLM) -> None:
    said = "I brought my red bicycle to you last Tuesday because the chain came off again and again when I changed gear"
    async with model.stream() as stream:
        _, cold = await answer(stream, asked(f"First of all. {said}, is it ready?"))
        await stream.prefill(asked(said))
        _, warm = await answer(stream, asked(f"{said}, is it ready?"))
    tell(
        f"read after the turn: {cold.prompt_tokens - cold.cached_tokens} tokens without reading ahead, "
        f"{warm.prompt_tokens - warm.cached_tokens} with"
    )
    assert warm.prompt_tokens - warm.cached_tokens < min(48, cold.prompt_tokens - cold.cached_tokens)


async def test_a_newer_wish_or_a_cancel_ends_reading_ahead(model: VLLM) -> None:
    async with model.stream() as stream:
        reading = asyncio.create_task(stream.prefill(asked("word " * 900)))
        await asyncio.sleep(0.03)
        await stream.prefill(asked("Hello"))
        await reading
        reading = asyncio.create_task(stream.prefill(asked("other " * 900)))
        await asyncio.sleep(0.03)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert model._seats.taken == 0


async def test_a_held_reply_rests_behind_its_first_token(model: VLLM, steps: Steps) -> None:
    held = True
    async with model.stream() as stream:
        coming = asyncio.create_task(answer(stream, asked(STORY), max_tokens=20, held=lambda: held))
        await until(lambda: steps.written() == 1 and model._seats.taken == 0)
        await asyncio.sleep(0.2)
        assert steps.written() == 1
        held = False
        text, usage = await coming
        plain, _ = await answer(stream, asked(STORY), max_tokens=20)
    assert text == plain
    assert usage.reply_tokens == 20


async def test_replies_are_bound_to_a_schema_a_choice_and_a_grammar(model: VLLM) -> None:
    schema = {
        "type": "object",
        "properties": {"day": {"enum": ["monday", "tuesday"]}, "guests": {"type": "integer", "maximum": 9}},
        "required": ["day", "guests"],
        "additionalProperties": False,
    }
    async with model.stream() as stream:
        text, _ = await answer(
            stream, asked("A table on Tuesday for four."), json_schema=json.dumps(schema), max_tokens=60
        )
        assert json.loads(text)["day"] in ("monday", "tuesday")
        letter, usage = await answer(stream, asked("Which?"), grammar=choice_grammar([0, 2]), max_tokens=1)
        assert letter in "ABD"
        assert usage.reply_tokens == 1
        number, _ = await answer(stream, asked("How many?"), grammar='root ::= "about " [1-9] [0-9]', max_tokens=8)
        assert number.startswith("about ")
        assert number[6:].isdigit()
        with pytest.raises(EngineError) as error:
            await answer(stream, asked("Hm?"), grammar="root ::= (")
        assert error.value.code == "options"
        assert (await answer(stream, asked("Still there?")))[0]


async def test_the_questions_of_a_flow_are_answered(model: VLLM) -> None:
    judge = Judge(model)
    talk = Talk([Message("assistant", "What can I do for you?")], "My wheel makes a noise.")
    options = ("asks for the price of a tyre", "wants to have something repaired", "asks when the shop opens")
    try:
        await judge.read_ahead(options, Talk(talk.before))
        uses: list[Usage] = []
        place = await judge.choose(options, talk, usage=uses.append)
        assert place in (None, 0, 1, 2)
        assert [use.reply_tokens for use in uses] == [1]
        filled = await judge.fill((Slot("day", ask="Which day?"),), Talk((), "I want to come on Monday."))
        assert set(filled) <= {"day"}
    finally:
        await judge.aclose()


async def test_a_tool_is_asked_for(model: VLLM) -> None:
    slots = ToolSpec("free_slots", "Free times of a day", '{"type":"object","properties":{"day":{"type":"string"}}}')
    call = '"<tool_call>{\\"name\\": \\"free_slots\\", \\"arguments\\": {\\"day\\": \\"monday\\"}}</tool_call>" [x]?'
    options = ChatOptions(temperature=0.0, max_tokens=60, grammar=f"root ::= {call}")
    async with model.stream() as stream:
        deltas = [delta async for delta in stream.reply(asked("Monday?"), (slots,), options)]
    asked_for = [delta for delta in deltas if isinstance(delta, ToolRequest)]
    assert [(each.name, json.loads(each.arguments)) for each in asked_for] == [("free_slots", {"day": "monday"})]
    assert not [delta for delta in deltas if isinstance(delta, TextDelta) and delta.text.strip(" x")]


@pytest.mark.parametrize(
    ("family", "written"),
    [
        ("hermes", 'One moment. <tool_call>\n{"name": "free_slots", "arguments": {"day": "monday"}}\n</tool_call>'),
        ("pythonic", '[free_slots(day="monday")]'),
        ("granite4", 'One moment. <tool_call>{"name": "free_slots", "arguments": {"day": "monday"}}</tool_call>'),
    ],
)
def test_calls_of_several_families_are_read(model: VLLM, family: str, written: str) -> None:
    slots = ToolSpec("free_slots", "Free times of a day", '{"type":"object","properties":{"day":{"type":"string"}}}')
    words = model.core.words
    reading = readings(family, words)((slots,))
    said = ""
    for token in words.encode(written, add_special_tokens=False):
        said += reading.add(words.decode([token]), [token])
    said += reading.end()
    assert [(name, json.loads(arguments)) for name, arguments in reading.requests()] == [
        ("free_slots", {"day": "monday"})
    ]
    assert said.strip() in ("", "One moment.")


@pytest.mark.parametrize("family", ["llama3_json", "morse"])
def test_a_family_that_the_model_is_not_of_is_refused_at_load(model: VLLM, family: str) -> None:
    with pytest.raises(UnknownEngine, match=family):
        readings(family, model.core.words)


async def test_a_head_stays_in_the_cache_however_much_goes_by(model: VLLM) -> None:
    other = (Message("system", "You are Bob. " + "Bob sells flowers of every colour. " * 30),)
    await model.warm(HEAD, workspace="pinned")
    async with model.stream(other, workspace="pinned") as stream:
        await answer(stream, asked("Hello?", other), max_tokens=1)
        for number in range(5):
            await answer(
                stream, [Message("user", f"{number} {chr(97 + number) * 3} and then more words " * 70)], max_tokens=1
            )
            await until(lambda: model._touching is None or model._touching.done())
        _, kept = await answer(stream, asked("When do you open?"), max_tokens=1)
        _, lost = await answer(stream, asked("Hello?", other), max_tokens=1)
    assert kept.cached_tokens >= 64
    assert lost.cached_tokens == 0, "what nobody keeps is gone: the cache was really full"


async def test_an_idle_model_sleeps_and_is_woken_by_the_next_request(model: VLLM) -> None:
    """On the CPU vLLM keeps the weights where they are: what is proved is the way there and back."""
    woken: list[bool] = []
    sleep = Sleep(model.core, 0.01, busy=lambda: False, woken=lambda: woken.append(True))
    sleep.rest()
    await until(lambda: sleep.asleep)
    began = time.monotonic()
    await sleep.awake()
    tell(f"woke in {(time.monotonic() - began) * 1000:.0f} ms")
    assert woken == [True]
    async with model.stream() as stream:
        assert (await answer(stream, asked("When do you open?")))[0]
    await sleep.close()
