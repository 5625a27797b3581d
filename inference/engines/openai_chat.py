"""A language model behind an OpenAI-compatible address: streamed, with tools, bound answers and usage."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from inference.engines.base import (
    ChatDelta,
    ChatOptions,
    EngineInfo,
    TextDelta,
    ToolRequest,
    Usage,
    estimated_tokens,
)
from inference.engines.openai_http import ServiceClient, ServiceTimeout, events
from inference.engines.vllm_bound import listed
from inference.events import Message
from inference.lending import PREFIX, Binding, LentService
from inference.nodes import ToolSpec
from inference.used import Meter, Use

CHOICE_FIELD = "answer"
CHOICE_TOKENS = 16
"""A bound choice is one sign for our own engines; as a JSON object it takes some more."""
SPARE_PIECES = 64
MOST_CALLS = 16
MOST_ARGUMENT_CHARS = 32_000


class OpenAIChat:
    """`ChatModel` over HTTP. There is nothing to warm: what the service has cached it tells in its usage."""

    def __init__(self, service: LentService, client: ServiceClient, meter: Meter | None = None) -> None:
        self._service = service
        self._client = client
        self._meter = meter or Meter()
        self.info = EngineInfo(kind="openai", role="chat", model=f"{PREFIX}{service.id}")

    async def load(self) -> None:
        """Nothing is loaded here."""

    async def close(self) -> None:
        """The connections belong to whoever made the client."""

    async def warm(self, prefix: Sequence[Message]) -> None:
        """Reading ahead is the service's own affair."""

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[OpenAIChatStream]:
        yield OpenAIChatStream(self._service, self._client, self._meter)


class OpenAIChatStream:
    """One conversation's use. Every request carries the whole prompt; its beginning never changes."""

    def __init__(self, service: LentService, client: ServiceClient, meter: Meter | None = None) -> None:
        self._service = service
        self._client = client
        self._meter = meter or Meter()

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Costs money and is forgotten by the time it is needed: not done."""

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        """Raises EngineError. Closing it closes the connection."""
        service, client = self._service, self._client
        body = request_body(service, messages, tools, options)
        choices = service.binding == "json_schema" and bool(listed(options.grammar))
        said = Answer(most=options.max_tokens + SPARE_PIECES)
        async with client.post_json("/chat/completions", body, "text/event-stream") as pieces:
            try:
                async with aclosing(events(client, pieces)) as stream, aclosing(self._in_time(stream, said)) as timely:
                    async for event in timely:
                        if "error" in event and not event.get("choices"):
                            raise client.said_error()
                        try:
                            text = said.add(event)
                        except (TypeError, ValueError, AttributeError) as error:
                            raise client.garbled() from error
                        if text and not choices:
                            yield TextDelta(text)
                        if said.too_long:
                            break
            except (GeneratorExit, asyncio.CancelledError):  # We go: what it has begun to do it will be paid for.
                self._count(said, messages)
                raise
        if not said.finished and not said.too_long:
            raise client.cut_off()
        self._count(said, messages)
        if choices:
            yield TextDelta(chosen_word("".join(said.text)))
        for request in said.requests():
            yield request
        yield said.usage

    def _count(self, said: Answer, messages: Sequence[Message]) -> None:
        """By its own account; where that did not come, by our estimate of it."""
        used = said.usage
        if not used.prompt_tokens:
            read = sum(estimated_tokens(line.text) + estimated_tokens(line.arguments) for line in messages)
            used = Usage(read, 0, said.pieces)
        self._meter.add(
            Use(
                "chat",
                self._service.id,
                self._service.chat,
                self._service.name,
                prompt_tokens=used.prompt_tokens,
                cached_tokens=used.cached_tokens,
                reply_tokens=used.reply_tokens,
            )
        )

    async def _in_time(self, stream: AsyncIterator[dict[str, Any]], said: Answer) -> AsyncGenerator[dict[str, Any]]:
        """Words in time: a service that only keeps the connection alive is as late as one that is silent."""
        limits = self._service.limits
        loop = asyncio.get_running_loop()
        due = loop.time() + limits.first_ms / 1000
        while True:
            try:
                async with asyncio.timeout_at(due):
                    event = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise ServiceTimeout(f"The service “{self._service.name}” did not answer in time.") from error
            before = said.pieces
            yield event
            if said.pieces > before or said.finished:
                due = loop.time() + limits.between_ms / 1000


# --- prompt → request ---------------------------------------------------------------------------


def request_body(
    service: LentService, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
) -> dict[str, Any]:
    """What is sent for one reply."""
    body: dict[str, Any] = {
        "model": service.chat,
        "messages": lines(messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
    }
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    if options.stop:
        body["stop"] = list(options.stop)
    if options.seed is not None:
        body["seed"] = options.seed
    return body | bound(service.binding, options)


def lines(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The prompt in the dialect. System lines at its head are one: some templates allow no second."""
    told: list[dict[str, Any]] = []
    for line in messages:
        match line.role:
            case "assistant" if line.tool_call:
                call = {
                    "id": line.tool_call,
                    "type": "function",
                    "function": {"name": line.name, "arguments": line.arguments or "{}"},
                }
                told.append({"role": "assistant", "content": None, "tool_calls": [call]})
            case "tool":
                told.append({"role": "tool", "tool_call_id": line.tool_call, "content": line.text})
            case "system" if len(told) == 1 and told[0]["role"] == "system":
                told[0]["content"] += f"\n\n{line.text}"
            case role:
                told.append({"role": role, "content": line.text})
    return told


def bound(binding: Binding, options: ChatOptions) -> dict[str, Any]:
    """The fields that keep an answer within `options.grammar` or `options.json_schema`; empty when nothing does."""
    if options.json_schema:
        schema = msgspec.json.decode(options.json_schema)
        match binding:
            case "structured_outputs":
                return {"structured_outputs": {"json": schema}}
            case "none":
                return {}
        return {"response_format": {"type": "json_schema", "json_schema": _named(schema)}}
    choices = listed(options.grammar)
    if not options.grammar:
        return {}
    match binding:
        case "grammar":
            return {"grammar": options.grammar}
        case "structured_outputs":
            return {"structured_outputs": {"choice": choices} if choices else {"grammar": options.grammar}}
        case "json_schema" if choices:
            schema = {
                "type": "object",
                "properties": {CHOICE_FIELD: {"type": "string", "enum": choices}},
                "required": [CHOICE_FIELD],
                "additionalProperties": False,
            }
            wanted = {"type": "json_schema", "json_schema": _named(schema)}
            return {"response_format": wanted, "max_tokens": max(options.max_tokens, CHOICE_TOKENS)}
    return {"max_tokens": max(options.max_tokens, CHOICE_TOKENS)}


def chosen_word(text: str) -> str:
    """Of a choice that was asked for as a JSON object; whatever else came is given on as it is."""
    try:
        answer = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    word = answer.get(CHOICE_FIELD) if isinstance(answer, Mapping) else answer
    return word if isinstance(word, str) else text


def _named(schema: Any) -> dict[str, Any]:
    return {"name": "answer", "schema": schema, "strict": True}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": msgspec.json.decode(tool.parameters),
    }
    return {"type": "function", "function": function}


# --- stream → reply -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """What a stream has brought so far. `most` pieces are taken: a service that never ends is left."""

    most: int
    text: list[str] = field(default_factory=list)
    pieces: int = 0
    finished: bool = False
    """It said why it ended."""
    usage: Usage = field(default_factory=Usage)
    _calls: dict[int, _Call] = field(default_factory=dict)

    @property
    def too_long(self) -> bool:
        return self.pieces > self.most and not self._calls

    def add(self, event: Mapping[str, Any]) -> str:
        """The text that this event brings. Raises TypeError, ValueError or AttributeError for what is no chunk."""
        if isinstance(event.get("usage"), Mapping):
            self.usage = read_usage(event["usage"])
        text = ""
        for choice in event.get("choices") or ():
            if choice.get("index", 0) != 0:
                continue
            delta = choice.get("delta") or {}
            content = delta.get("content")
            if content:
                if not isinstance(content, str):
                    raise TypeError("content is no text")
                self.text.append(content)
                self.pieces += 1
                text += content
            for position, piece in enumerate(delta.get("tool_calls") or ()):
                self._add_call(piece, position)
            self.finished = self.finished or bool(choice.get("finish_reason"))
        return text

    def _add_call(self, piece: Mapping[str, Any], position: int) -> None:
        index = int(piece.get("index", position))
        if index not in self._calls and len(self._calls) >= MOST_CALLS:
            raise ValueError("too many tool calls")
        call = self._calls.setdefault(index, _Call())
        function = piece.get("function") or {}
        call.id = call.id or str(piece.get("id") or "")
        call.name = call.name or str(function.get("name") or "")
        call.arguments.append(str(function.get("arguments") or ""))
        if sum(map(len, call.arguments)) > MOST_ARGUMENT_CHARS:
            raise ValueError("too long arguments")
        self.pieces += 1

    def requests(self) -> list[ToolRequest]:
        """The tools that were asked for, whole."""
        return [
            ToolRequest(call.id or f"call_{secrets.token_hex(8)}", call.name, "".join(call.arguments) or "{}")
            for _, call in sorted(self._calls.items())
            if call.name
        ]


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Raises TypeError or ValueError."""
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=_count(usage.get("prompt_tokens")),
        cached_tokens=_count(details.get("cached_tokens")),
        reply_tokens=_count(usage.get("completion_tokens")),
    )


def _count(value: Any) -> int:
    return max(0, int(value or 0))
