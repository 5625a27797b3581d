"""A script said to an agent, line by line, on engines of this process: what came of each line.

For measurements and tests of whole flows: the conversation is the product's own, on a text leg; tools are
answered from a table, since nobody but the web side runs them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from inference.config import WorkerConfig
from inference.conversation import Conversation
from inference.engine_set import Engines
from inference.errors import ParleyError
from inference.events import (
    Close,
    ConversationState,
    Down,
    Failed,
    Media,
    Open,
    ReplyDone,
    State,
    Text,
    ToolCall,
    ToolResult,
)
from inference.pool import Pool
from inference.prompt import prefix
from inference.spec import AgentSpec

LINE_SECONDS = 120.0
"""A line that is not answered in this time has failed; the machine may be slow."""


class ToolAnswer(Struct, frozen=True):
    """What a tool says: any JSON."""

    result: Any = None
    ok: bool = True


class Answered(Struct, frozen=True):
    """What became of one line; the first one of a script stands for the opening, and `said` is empty."""

    said: str
    reply: str
    node: str
    """Where the conversation stands afterwards."""
    path: tuple[str, ...]
    """Nodes entered on the way, in order; those of a sub-flow as "sub-flow/node"."""
    variables: dict[str, str]
    calls: tuple[str, ...] = ()
    """Tools that were asked for, by name."""
    ended: str = ""
    problem: str = ""
    ms: float = 0.0


class _Turn:
    """Gathers what the worker says until a reply is settled."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.began = time.monotonic()
        self.replies: list[str] = []
        self.calls: list[str] = []
        self.ended = self.problem = ""
        self.done = False

    def take(
        self, message: Down, conversation: Conversation, tools: Mapping[str, ToolAnswer]
    ) -> ConversationState | None:
        match message:
            case ToolCall(call=call, name=name):
                self.calls.append(name)
                answer = tools.get(name, ToolAnswer({"error": "There is no such tool."}, ok=False))
                conversation.hear(ToolResult(call, msgspec.json.encode(answer.result).decode(), answer.ok))
            case ReplyDone(text=text, end=end):
                self.replies.append(text)
                self.ended = self.ended or end
                self.done = True
            case Failed(code=code, message=text):
                self.problem = f"{code}: {text}"
            case State(snapshot=snapshot):
                return snapshot
        return None

    def answered(self, state: ConversationState) -> Answered:
        return Answered(
            self.said,
            " ".join(self.replies),
            state.flow.node,
            state.flow.path,
            {name: str(value) for name, value in state.flow.variables.items()},
            tuple(self.calls),
            self.ended,
            self.problem,
            (time.monotonic() - self.began) * 1000,
        )


class Hall:
    """The engines of one profile, loaded in this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, profile: str = "default", cache: str = "") -> AsyncGenerator[Hall]:
        """Loaded and warm. Raises ParleyError when an engine or its weights are missing."""
        pool = Pool(WorkerConfig(profile=profile, capacity=1, cache=cache))
        try:
            await pool.load()
            if not pool.ready:
                raise ParleyError(pool.problem, code="not_ready")
            yield cls(pool)
        finally:
            await pool.close()

    @property
    def model(self) -> str:
        """Which language model answers."""
        return self._pool.chat().info.model

    async def rehearse(
        self, spec: AgentSpec, lines: Sequence[str], *, tools: Mapping[str, ToolAnswer] | None = None, caller: str = ""
    ) -> list[Answered]:
        """As `rehearse`, on these engines, which have read the agent's instructions before, as a worker has."""
        await self._pool.chat(spec.models.chat).warm(prefix(spec))
        opening = Open(spec, "rehearsal", Media("text"), caller=caller)
        async with self._pool.admit(opening) as engines:
            return await rehearse(opening, engines, lines, tools or {})


async def rehearse(
    opening: Open, engines: Engines, lines: Sequence[str], tools: Mapping[str, ToolAnswer]
) -> list[Answered]:
    """The opening and each line, in order; lines after the end of the conversation are left out.

    Raises TimeoutError when a line stays unanswered.
    """
    found: list[Answered] = []
    state = opening.state or ConversationState()
    async with _running(opening, engines) as conversation, aclosing(conversation.events()) as events:
        for line in ("", *lines):
            turn = _Turn(line)
            if line:
                conversation.hear(Text(line))
            async with asyncio.timeout(LINE_SECONDS):
                state = await _settle(turn, events, conversation, tools, state)
            found.append(turn.answered(state))
            if turn.ended or state.flow.ended:
                break
    return found


async def _settle(
    turn: _Turn,
    events: AsyncGenerator[Down],
    conversation: Conversation,
    tools: Mapping[str, ToolAnswer],
    state: ConversationState,
) -> ConversationState:
    """Read on until the reply is complete and the state that follows it is known."""
    async for message in events:
        snapshot = turn.take(message, conversation, tools)
        if snapshot is not None:
            state = snapshot
            if turn.done:
                break
    return state


@asynccontextmanager
async def _running(opening: Open, engines: Engines) -> AsyncGenerator[Conversation]:
    conversation = Conversation(opening, engines)
    running = asyncio.create_task(conversation.run())
    try:
        yield conversation
    finally:
        conversation.hear(Close("rehearsed"))
        try:
            async with asyncio.timeout(10):
                await running
        except TimeoutError:
            running.cancel()
