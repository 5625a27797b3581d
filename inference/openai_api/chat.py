"""POST /v1/chat/completions."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from inference import metrics
from inference.engines.base import ChatOptions, ChatStream, TextDelta, ToolRequest, Usage
from inference.events import Message
from inference.nodes import ToolSpec
from inference.openai_api.answers import DONE, EVENTS, JSON, LiveAnswer, event
from inference.openai_api.bodies import clean_text, json_body, within
from inference.openai_api.problems import ApiProblem
from inference.openai_api.serving import Serving

MAX_MESSAGES = 500
MAX_TOOLS = 64
MAX_STOPS = 4
MAX_REPLY_TOKENS = 8192
DEFAULT_REPLY_TOKENS = 512
MAX_GRAMMAR_CHARS = 20_000


class Part(Struct):
    type: str
    text: str = ""


class CalledFunction(Struct):
    name: str
    arguments: str = "{}"


class Call(Struct):
    id: str
    function: CalledFunction


class Line(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None


class Function(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(Struct):
    function: Function
    type: Literal["function"] = "function"


class JsonSchema(Struct):
    schema: dict[str, Any]
    name: str = ""


class ResponseFormat(Struct):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(Struct):
    include_usage: bool = False


class ChatRequest(Struct):
    model: str
    messages: list[Line]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: ResponseFormat | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    n: int | None = None
    logprobs: bool | None = None
    service_tier: str | None = None
    """"flex": nobody waits for it, and every live turn goes first; anything else: as it comes."""
    grammar: str | None = None
    """Not in OpenAI's dialect: the answer keeps to this grammar, as with llama.cpp's server."""
    prompt_cache_key: str | None = None
    """Names the conversation that this request goes on with: what was read of it is not read again."""


@dataclass(slots=True)
class Completion:
    """What the model has said so far."""

    model: str
    id: str = field(default_factory=lambda: "chatcmpl-" + secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))
    text: list[str] = field(default_factory=list)
    calls: list[ToolRequest] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    limit: int = DEFAULT_REPLY_TOKENS

    @property
    def finish_reason(self) -> str:
        if self.calls:
            return "tool_calls"
        return "length" if self.usage.reply_tokens >= self.limit else "stop"

    def usage_body(self) -> dict[str, Any]:
        usage = self.usage
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.reply_tokens,
            "total_tokens": usage.prompt_tokens + usage.reply_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }


async def chat_completions(serving: Serving, request: Request) -> Response:
    asked = await json_body(request, ChatRequest)
    model = serving.pool.chat(asked.model)
    messages, tools, options = prompt_of(asked)
    completion = Completion(model.info.model, limit=options.max_tokens)
    conversation = serving.conversations.take(model, asked.prompt_cache_key or "")
    if asked.stream:
        include_usage = asked.stream_options is not None and asked.stream_options.include_usage
        pieces = _streamed(conversation, messages, tools, options, completion, include_usage=include_usage)
        return LiveAnswer(pieces, EVENTS)
    return LiveAnswer(_whole(conversation, messages, tools, options, completion), JSON)


# --- request → prompt ---------------------------------------------------------------------------


def prompt_of(asked: ChatRequest) -> tuple[list[Message], list[ToolSpec], ChatOptions]:
    """Messages, tools and options of a request. Raises ApiProblem for what this worker cannot do."""
    if not 1 <= len(asked.messages) <= MAX_MESSAGES:
        raise ApiProblem(f"'messages' must hold 1 to {MAX_MESSAGES} messages.", param="messages")
    if asked.n not in (None, 1):
        raise ApiProblem("Only one choice is made: 'n' must be 1.", param="n", code="unsupported_value")
    if asked.logprobs:
        raise ApiProblem("Log probabilities are not available.", param="logprobs", code="unsupported_value")
    messages: list[Message] = []
    names: dict[str, str] = {}
    for index, line in enumerate(asked.messages):
        messages += _lines(line, names, f"messages[{index}]")
    return messages, _tools(asked), _options(asked)


def _lines(line: Line, names: dict[str, str], param: str) -> list[Message]:
    text = clean_text(_text(line, param), f"{param}.content")
    match line.role:
        case "system" | "developer":
            return [Message("system", text)]
        case "user":
            return [Message("user", text)]
        case "tool":
            if line.tool_call_id is None or line.tool_call_id not in names:
                raise ApiProblem(
                    "A tool message must answer a tool call of an earlier assistant message.",
                    param=f"{param}.tool_call_id",
                )
            return [Message("tool", text, names[line.tool_call_id], line.tool_call_id)]
        case "assistant":
            calls = line.tool_calls or []
            names |= {call.id: call.function.name for call in calls}
            spoken = [Message("assistant", text)] if text or not calls else []
            return spoken + [
                Message("assistant", "", call.function.name, call.id, call.function.arguments) for call in calls
            ]


def _text(line: Line, param: str) -> str:
    if isinstance(line.content, list):
        if unreadable := [part.type for part in line.content if part.type not in ("text", "refusal")]:
            raise ApiProblem(
                f"Content of type {unreadable[0]!r} is not understood; send text.",
                param=f"{param}.content",
                code="unsupported_value",
            )
        return "".join(part.text for part in line.content)
    if line.content is None and not line.tool_calls:
        raise ApiProblem("The message has no content.", param=f"{param}.content")
    return line.content or ""


def _tools(asked: ChatRequest) -> list[ToolSpec]:
    tools = asked.tools or []
    if len(tools) > MAX_TOOLS:
        raise ApiProblem(f"At most {MAX_TOOLS} tools are allowed.", param="tools")
    match asked.tool_choice:
        case None | "auto":
            pass
        case "none":
            return []
        case _:
            raise ApiProblem(
                "This worker lets the model choose: 'tool_choice' must be 'auto' or 'none'.",
                param="tool_choice",
                code="unsupported_value",
            )
    return [
        ToolSpec(
            clean_text(tool.function.name, f"tools[{index}].function.name"),
            clean_text(tool.function.description or "", f"tools[{index}].function.description"),
            msgspec.json.encode(tool.function.parameters or {"type": "object", "properties": {}}).decode(),
        )
        for index, tool in enumerate(tools)
    ]


def _options(asked: ChatRequest) -> ChatOptions:
    within(asked.temperature, 0, 2, "temperature")
    within(asked.max_tokens, 1, MAX_REPLY_TOKENS, "max_tokens")
    within(asked.max_completion_tokens, 1, MAX_REPLY_TOKENS, "max_completion_tokens")
    within(asked.seed, -(2**63), 2**63 - 1, "seed")
    stops = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    if len(stops) > MAX_STOPS or not all(stops):
        raise ApiProblem(f"'stop' may hold up to {MAX_STOPS} sequences, none empty.", param="stop")
    return ChatOptions(
        temperature=0.3 if asked.temperature is None else asked.temperature,
        max_tokens=asked.max_completion_tokens or asked.max_tokens or DEFAULT_REPLY_TOKENS,
        stop=tuple(clean_text(stop, "stop") for stop in stops),
        json_schema=_schema(asked.response_format),
        grammar=clean_text(asked.grammar or "", "grammar")[:MAX_GRAMMAR_CHARS],
        seed=asked.seed,
        background=asked.service_tier == "flex",
    )


def _schema(wanted: ResponseFormat | None) -> str:
    if wanted is None or wanted.type == "text":
        return ""
    if wanted.type == "json_object":
        return '{"type":"object"}'
    if wanted.json_schema is None:
        raise ApiProblem("'json_schema' is missing.", param="response_format.json_schema")
    return msgspec.json.encode(wanted.json_schema.schema).decode()


# --- model → answer -----------------------------------------------------------------------------


async def _deltas(
    conversation: AbstractAsyncContextManager[ChatStream],
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    options: ChatOptions,
    completion: Completion,
) -> AsyncGenerator[TextDelta | ToolRequest]:
    """The model's deltas, noted in `completion` as they pass."""
    async with conversation as stream, aclosing(stream.reply(messages, tools, options)) as deltas:
        async for delta in deltas:
            match delta:
                case TextDelta(text=text):
                    completion.text.append(text)
                    yield delta
                case ToolRequest():
                    completion.calls.append(delta)
                    yield delta
                case Usage():
                    completion.usage = delta
                    metrics.reply_tokens(delta.prompt_tokens, delta.cached_tokens, delta.reply_tokens)


async def _whole(
    conversation: AbstractAsyncContextManager[ChatStream],
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    options: ChatOptions,
    completion: Completion,
) -> AsyncGenerator[bytes]:
    async with aclosing(_deltas(conversation, messages, tools, options, completion)) as deltas:
        async for _ in deltas:
            pass
    message: dict[str, Any] = {"role": "assistant", "content": "".join(completion.text) or None, "refusal": None}
    if completion.calls:
        message["tool_calls"] = [_call(call) for call in completion.calls]
    elif message["content"] is None:
        message["content"] = ""
    yield msgspec.json.encode(
        {
            "id": completion.id,
            "object": "chat.completion",
            "created": completion.created,
            "model": completion.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}],
            "usage": completion.usage_body(),
        }
    )


async def _streamed(
    conversation: AbstractAsyncContextManager[ChatStream],
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    options: ChatOptions,
    completion: Completion,
    *,
    include_usage: bool,
) -> AsyncGenerator[bytes]:
    def chunk(choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        body: dict[str, Any] = {
            "id": completion.id,
            "object": "chat.completion.chunk",
            "created": completion.created,
            "model": completion.model,
            "choices": choices,
        }
        return event(body | {"usage": usage} if include_usage else body)

    def delta_of(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])

    first = True
    async with aclosing(_deltas(conversation, messages, tools, options, completion)) as deltas:
        async for delta in deltas:
            if first:
                yield delta_of({"role": "assistant", "content": ""})
                first = False
            match delta:
                case TextDelta(text=text):
                    yield delta_of({"content": text})
                case ToolRequest():
                    yield delta_of({"tool_calls": [{"index": len(completion.calls) - 1, **_call(delta)}]})
    yield delta_of({"role": "assistant", "content": ""} if first else {}, completion.finish_reason)
    if include_usage:
        yield chunk([], completion.usage_body())
    yield DONE


def _call(call: ToolRequest) -> dict[str, Any]:
    return {"id": call.call, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
