"""The model's part of a reply: words out, tool calls answered by the web in between."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Collection, Sequence
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
FIRST_WRITTEN_TOKEN_SECONDS = 40.0
"""Who writes waits longer than who speaks, and what a slow machine had read by then would be lost."""
TOOL_SECONDS = 15.0
TOOL_ROUNDS = 4


@dataclass(slots=True)
class Thought:
    """What one reply cost, and which lines it adds to history: tools, and the tasks of nodes it came to."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    lines: list[Message] = field(default_factory=list)

    def add(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt_tokens
        self.cached_tokens += usage.cached_tokens
        self.reply_tokens += usage.reply_tokens


class Thinker:
    """One conversation's use of the chat model and of the tools behind the web."""

    def __init__(
        self, chat: ChatStream, outbox: Outbox, clock: Clock, *, patience: float = FIRST_TOKEN_SECONDS
    ) -> None:
        """`patience`: seconds until a reply's first token."""
        self._chat = chat
        self._patience = patience
        self._outbox = outbox
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[ToolResult]] = {}
        self._left: dict[tuple[str, str], tuple[str, asyncio.Future[ToolResult]]] = {}
        """Calls of the flow that nobody waits for since the caller spoke over them, by tool and arguments."""
        self._numbers = itertools.count(1)

    async def think(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        options: ChatOptions,
        *,
        usable: Collection[str],
        gate: Gate,
        reply: Reply,
        marks: Marks,
        thought: Thought,
    ) -> AsyncGenerator[str]:
        """The reply's words. Raises EngineError; EngineTimeout when no first token comes.

        A tool that the model asks for waits for the gate: nothing has an effect before the turn is decided. It is
        refused unless it is `usable`: the prompt names the same `tools` everywhere.
        """
        sayings = {tool.name: tool.saying for tool in tools}
        prompt = list(messages)
        for _ in range(TOOL_ROUNDS):
            requests: list[ToolRequest] = []
            async with (
                aclosing(self._chat.reply(prompt, tools, options)) as deltas,
                aclosing(_first_in_time(deltas, self._patience)) as timely,
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
                if request.name not in usable:
                    result = ToolResult(request.call, '{"error":"This tool cannot be used now."}', ok=False)
                else:
                    if saying := sayings.get(request.name, ""):
                        yield f" {saying} "
                    result = await self.call(request.name, request.arguments, turn=reply.turn, call=request.call)
                lines = (
                    Message("assistant", "", request.name, request.call, request.arguments),
                    Message("tool", result.result, request.name, request.call),
                )
                prompt += lines
                thought.lines += lines

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

    async def call(self, name: str, arguments: str, *, turn: int, call: str) -> ToolResult:
        """Have the web run a tool. What goes wrong, a late answer included, is in the result."""
        waiting = self._ask(name, arguments, turn, call)
        try:
            return await self._result(waiting, call, TOOL_SECONDS)
        finally:
            self._waiting.pop(call, None)

    async def call_once(self, name: str, arguments: str, *, turn: int, seconds: float) -> ToolResult:
        """The same for a step of the flow. One that the caller spoke over is not run again: its answer is taken."""
        key = (name, arguments)
        call, waiting = self._left.pop(key, ("", None))
        if waiting is None:
            call = f"flow-{next(self._numbers)}-{turn}"
            waiting = self._ask(name, arguments, turn, call)
        try:
            return await self._result(waiting, call, seconds)
        except asyncio.CancelledError:
            self._left[key] = call, waiting
            raise

    def _ask(self, name: str, arguments: str, turn: int, call: str) -> asyncio.Future[ToolResult]:
        waiting = self._waiting[call] = asyncio.get_running_loop().create_future()
        self._outbox.put_now(ToolCall(call, name, arguments, turn))
        return waiting

    async def _result(self, waiting: asyncio.Future[ToolResult], call: str, seconds: float) -> ToolResult:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(waiting)
        except TimeoutError:
            return ToolResult(call, '{"error":"The tool did not answer in time."}', ok=False)


async def _first_in_time(deltas: AsyncGenerator[ChatDelta], seconds: float) -> AsyncGenerator[ChatDelta]:
    try:
        async with asyncio.timeout(seconds):
            first = await anext(deltas)
    except StopAsyncIteration:
        return
    except TimeoutError as error:
        raise EngineTimeout("The language model did not begin to answer in time.") from error
    yield first
    async for delta in deltas:
        yield delta
