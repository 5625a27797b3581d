"""The model's part of a reply: words out, tool calls answered by the web in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from inference.engines.base import ChatDelta, ChatOptions, ChatStream, TextDelta, ToolRequest, Usage
from inference.errors import EngineError, EngineTimeout
from inference.events import Message, ToolCall, ToolResult
from inference.gate import Gate
from inference.nodes import ToolSpec
from inference.outbox import Outbox
from inference.reply import Clock, Marks, Reply

FIRST_TOKEN_SECONDS = 10.0
TOOL_SECONDS = 15.0
TOOL_ROUNDS = 4


@dataclass(slots=True)
class Thought:
    """What one reply cost and which tool lines it adds to history."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    tool_lines: list[Message] = field(default_factory=list)

    def add(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt_tokens
        self.cached_tokens += usage.cached_tokens
        self.reply_tokens += usage.reply_tokens


class Thinker:
    """One conversation's use of the chat model and of the tools behind the web."""

    def __init__(self, chat: ChatStream, outbox: Outbox, clock: Clock) -> None:
        self._chat = chat
        self._outbox = outbox
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[ToolResult]] = {}

    async def think(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        options: ChatOptions,
        *,
        gate: Gate,
        reply: Reply,
        marks: Marks,
        thought: Thought,
    ) -> AsyncGenerator[str]:
        """The reply's words. Raises EngineError; EngineTimeout when no first token comes.

        A tool that the model asks for waits for the gate: nothing has an effect before the turn is decided.
        """
        prompt = list(messages)
        for _ in range(TOOL_ROUNDS):
            requests: list[ToolRequest] = []
            async with (
                aclosing(self._chat.reply(prompt, tools, options)) as deltas,
                aclosing(_first_in_time(deltas)) as timely,
            ):
                async for delta in timely:
                    match delta:
                        case TextDelta(text=text):
                            marks.mark("first_token", self._clock())
                            yield text
                        case ToolRequest():
                            requests.append(delta)
                        case Usage():
                            thought.add(delta)
            if not requests:
                return
            await gate.opening()
            for request in requests:
                result = await self._call(request, reply.turn)
                lines = (
                    Message("assistant", "", request.name, request.call, request.arguments),
                    Message("tool", result.result, request.name, request.call),
                )
                prompt += lines
                thought.tool_lines += lines

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Read a likely prompt into the cache; a failure shows in the reply itself, if at all."""
        try:
            await self._chat.prefill(messages, tools)
        except EngineError:
            return

    def answer(self, result: ToolResult) -> None:
        """The web ran a tool. An answer nobody waits for any more is dropped."""
        waiting = self._waiting.pop(result.call, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)

    async def _call(self, request: ToolRequest, turn: int) -> ToolResult:
        waiting: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()
        self._waiting[request.call] = waiting
        await self._outbox.put(ToolCall(request.call, request.name, request.arguments, turn))
        try:
            async with asyncio.timeout(TOOL_SECONDS):
                return await waiting
        except TimeoutError:
            return ToolResult(request.call, '{"error":"The tool did not answer in time."}', ok=False)
        finally:
            self._waiting.pop(request.call, None)


async def _first_in_time(deltas: AsyncGenerator[ChatDelta]) -> AsyncGenerator[ChatDelta]:
    try:
        async with asyncio.timeout(FIRST_TOKEN_SECONDS):
            first = await anext(deltas)
    except StopAsyncIteration:
        return
    except TimeoutError as error:
        raise EngineTimeout("The language model did not begin to answer in time.") from error
    yield first
    async for delta in deltas:
        yield delta
