from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from inference.engines.base import ChatDelta, ChatOptions, TextDelta, ToolRequest, Usage
from inference.engines.openai_chat import Answer, OpenAIChat, bound, chosen_word, lines
from inference.engines.openai_http import ServiceClient
from inference.errors import EngineError
from inference.events import Message
from inference.lending import LentService, ServiceLimits
from inference.nodes import ToolSpec
from inference.used import Meter, Use
from tests.support.misbehaving import Behave, Exchange, serving

QUICK = ServiceLimits(connect_ms=300, first_ms=120, between_ms=80)
ASK = [Message("user", "When do you open?")]


def service(url: str, **more: object) -> LentService:
    return LentService("pv_1", "Cloud", url, ("127.0.0.1",), key="sk-secret", chat="small", limits=QUICK, **more)  # type: ignore[arg-type]


async def replied(
    url: str,
    options: ChatOptions | None = None,
    tools: tuple[ToolSpec, ...] = (),
    meter: Meter | None = None,
    **more: object,
) -> list[ChatDelta]:
    lent = service(url, **more)
    client = ServiceClient(lent)
    try:
        async with (
            OpenAIChat(lent, client, meter).stream() as stream,
            aclosing(stream.reply(ASK, tools, options or ChatOptions())) as deltas,
        ):
            return [delta async for delta in deltas]
    finally:
        await client.close()


async def failure(behave: Behave) -> EngineError:
    async with serving(behave) as server:
        meter = Meter()
        with pytest.raises(EngineError) as caught:
            await replied(server.url, meter=meter)
        assert meter.take() == ()
        return caught.value


def text_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


# --- a service that works -----------------------------------------------------------------------


async def test_words_stream_and_usage_tells_what_was_cached() -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.piece(b": keep-alive\n\n")
        await exchange.say({"role": "assistant", "content": ""})
        await exchange.piece(b'data: {"choices":[{"index":0,"delta":{"content":"At "}}]}\n\ndata: {"choi')
        await exchange.piece(b'ces":[{"index":0,"delta":{"content":"nine."}}]}\n\n')
        await exchange.say({}, "stop")
        usage = {"prompt_tokens": 40, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 32}}
        await exchange.event({"choices": [], "usage": usage})
        await exchange.done()

    meter = Meter()
    async with serving(behave) as server:
        deltas = await replied(server.url, meter=meter)
        asked = server.asked[0]
    assert text_of(deltas) == "At nine."
    assert deltas[-1] == Usage(40, 32, 3)
    counts = {"prompt_tokens": 40, "cached_tokens": 32, "reply_tokens": 3}
    assert meter.take() == (Use("chat", "pv_1", "small", "Cloud", **counts),)
    body = json.loads(asked.body)
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer sk-secret"
    assert (body["model"], body["stream"], body["stream_options"]) == ("small", True, {"include_usage": True})


async def test_tool_calls_come_in_pieces_by_their_index() -> None:
    def call(index: int, **fields: object) -> dict[str, object]:
        return {"tool_calls": [{"index": index, **fields}]}

    async def behave(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say(call(0, id="call_1", type="function", function={"name": "find_table", "arguments": ""}))
        await exchange.say(call(0, function={"arguments": '{"people"'}))
        await exchange.say(call(1, id="call_2", function={"name": "note", "arguments": "{}"}))
        await exchange.say(call(0, function={"arguments": ": 4}"}), "tool_calls")
        await exchange.done()

    async with serving(behave) as server:
        deltas = await replied(server.url, tools=(ToolSpec("find_table", "Finds a table"), ToolSpec("note", "Notes")))
    assert deltas[:2] == [ToolRequest("call_1", "find_table", '{"people": 4}'), ToolRequest("call_2", "note", "{}")]


async def test_closing_the_reply_closes_the_connection() -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.head()
        while True:
            await exchange.say({"content": "and "})
            await asyncio.sleep(0.01)

    async with serving(endless) as server:
        lent = service(server.url)
        client = ServiceClient(lent)
        meter = Meter()
        async with OpenAIChat(lent, client, meter).stream() as stream:
            reply = stream.reply(ASK, (), ChatOptions())
            assert await anext(reply) == TextDelta("and ")
            await reply.aclose()
        (use,) = meter.take()  # An answer that is dropped is paid for: by our estimate, for its account never came.
        assert (use.prompt_tokens, use.reply_tokens) == (5, 1)
        async with asyncio.timeout(5):
            await server.left.wait()
        await client.close()


async def test_a_choice_is_asked_for_as_an_object_and_given_as_a_letter() -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say({"content": '{"answer": '})
        await exchange.say({"content": '"B"}'}, "stop")
        await exchange.done()

    async with serving(behave) as server:
        deltas = await replied(server.url, ChatOptions(max_tokens=1, grammar='root ::= "A" | "B"'))
        body = json.loads(server.asked[0].body)
    assert text_of(deltas) == "B"
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["answer"]["enum"] == ["A", "B"]
    assert body["max_tokens"] == 16


# --- services that do not -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (401, "service_refused_key", True),
        (404, "service_no_model", True),
        (400, "service_refused", False),
        (429, "service_busy", False),
        (500, "service_error", False),
        (302, "service_refused", False),
    ],
)
async def test_a_refusal_says_what_to_do_and_nothing_of_the_answer(status: int, code: str, permanent: bool) -> None:
    error = await failure(lambda exchange: exchange.whole(b'{"error":"sk-secret is wrong"}', status=status))
    assert (error.code, error.permanent) == (code, permanent)
    assert "Cloud" in error.message
    assert "sk-secret" not in error.message


async def test_a_first_token_that_does_not_come_is_not_waited_for() -> None:
    async def only_alive(exchange: Exchange) -> None:
        await exchange.head()
        while True:
            await exchange.piece(b": ping\n\n")
            await asyncio.sleep(0.02)

    assert (await failure(only_alive)).code == "service_timeout"


async def test_silence_before_the_head_and_between_tokens_is_not_waited_for() -> None:
    async def silent(exchange: Exchange) -> None:
        await asyncio.sleep(5)

    async def stalls(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say({"content": "We "})
        await asyncio.sleep(5)

    assert (await failure(silent)).code == "service_timeout"
    assert (await failure(stalls)).code == "service_timeout"


async def test_a_stream_that_is_cut_is_no_answer() -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say({"content": "We op"})
        exchange.writer.close()

    async def ends_early(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say({"content": "We op"})
        await exchange.end()

    assert (await failure(cut)).code == "service_cut_off"
    assert (await failure(ends_early)).code == "service_cut_off"


@pytest.mark.parametrize(
    "garbage",
    [
        b"data: {nothing\n\n",
        b"data: [1, 2]\n\n",
        b'data: {"choices":[{"delta":{"content":7}}]}\n\n',
        b'data: {"choices":[3]}\n\n',
        b"data: " + b"x" * 300_000,
    ],
)
async def test_what_is_no_chunk_is_not_read_as_one(garbage: bytes) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.piece(garbage)
        await asyncio.sleep(0.5)

    assert (await failure(behave)).code == "service_garbled"


async def test_an_error_in_the_stream_is_one() -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event({"error": {"message": "out of memory"}})
        await exchange.done()

    assert (await failure(behave)).code == "service_error"


async def test_nobody_there_is_said_at_once() -> None:
    async with serving(lambda exchange: exchange.end()) as server:
        url = server.url
    with pytest.raises(EngineError) as caught:
        await replied(url)
    assert caught.value.code == "service_unreachable"


async def test_only_the_lent_addresses_are_connected_to() -> None:
    async with serving(lambda exchange: exchange.end()) as server:
        lent = LentService("pv_1", "Cloud", server.url, (), chat="small", limits=QUICK)
        client = ServiceClient(lent)
        with pytest.raises(EngineError) as caught:
            await client.get("/models")
        await client.close()
        assert caught.value.code == "service_unreachable"
        assert server.asked == []


# --- pure -----------------------------------------------------------------------------------------


def test_the_key_is_in_no_representation() -> None:
    lent = service("http://127.0.0.1:1/v1")
    assert "sk-secret" not in f"{lent!r} {lent}"


def test_system_lines_at_the_head_are_one_and_tools_are_told_as_calls() -> None:
    told = lines(
        [
            Message("system", "You are Ann."),
            Message("system", "It is Monday."),
            Message("user", "Hi"),
            Message("assistant", "", "find", "c1", '{"a":1}'),
            Message("tool", "found", "find", "c1"),
            Message("system", "Now ask for the name."),
        ]
    )
    assert [line["role"] for line in told] == ["system", "user", "assistant", "tool", "system"]
    assert told[0]["content"] == "You are Ann.\n\nIt is Monday."
    assert told[2]["tool_calls"][0]["function"] == {"name": "find", "arguments": '{"a":1}'}
    assert told[3] == {"role": "tool", "tool_call_id": "c1", "content": "found"}


def test_each_way_of_binding_an_answer() -> None:
    choice = ChatOptions(max_tokens=1, grammar='root ::= "A" | "B"')
    schema = ChatOptions(json_schema='{"type":"object"}')
    assert bound("grammar", choice) == {"grammar": choice.grammar}
    assert bound("structured_outputs", choice) == {"structured_outputs": {"choice": ["A", "B"]}}
    assert bound("structured_outputs", schema) == {"structured_outputs": {"json": {"type": "object"}}}
    assert bound("none", choice) == {"max_tokens": 16}
    assert bound("none", schema) == {}
    assert bound("json_schema", ChatOptions()) == {}
    assert bound("json_schema", schema)["response_format"]["type"] == "json_schema"


def test_a_choice_that_came_otherwise_is_left_as_it_is() -> None:
    assert chosen_word('{"answer":"C"}') == "C"
    assert chosen_word('"C"') == "C"
    assert chosen_word("C, I think") == "C, I think"
    assert chosen_word("[1]") == "[1]"


def test_a_service_that_writes_on_and_on_is_left() -> None:
    answer = Answer(most=3)
    for _ in range(5):
        answer.add({"choices": [{"delta": {"content": "x"}}]})
    assert answer.too_long
