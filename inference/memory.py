"""What a conversation remembers word by word, what in a few sentences, and when the one becomes the other.

`Memory` stands between a conversation and its chat stream. In the gaps between turns it has the model
note down the oldest turns (`summary.py`), in a second stream that may begin with what the first has
read, and reads the shorter prompt there. Only then the conversation goes on with that one: no caller
waits for any of it. Every request of the
conversation stops this work, and the next gap goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from inference.engines.base import (
    ChatDelta,
    ChatModel,
    ChatOptions,
    ChatStream,
    CountsTokens,
    TextDelta,
    estimated_tokens,
)
from inference.errors import EngineError
from inference.events import Message, Open
from inference.live_state import LiveState
from inference.nodes import ToolSpec
from inference.prompt import goal_tools, is_task, prefix, prompt
from inference.summary import (
    LINE_TOKENS,
    OPTIONS,
    REQUEST,
    TOOL_TOKENS,
    Budget,
    Costs,
    budget,
    fold_point,
    joined,
    tidy,
    without,
)

log = logging.getLogger(__name__)

WINDOW = 4096
"""Tokens, where the model does not tell."""
NOTES_SECONDS = 4.0
ATTEMPTS = 3
"""Notes that came to nothing before the turns are forgotten without."""
RESUMED: Final = {"voice": 256, "text": 600}
"""Tokens of what was said in earlier legs that are read again before the first answer. A caller does not wait for more."""
READ = ChatOptions(temperature=0.0, max_tokens=1, background=True)


@dataclass(slots=True)
class _Fold:
    """The oldest `count` lines, and before them those that were left behind, on their way into `summary`."""

    count: int
    summary: str = ""
    partial: str = ""
    """The most that was written before the work was stopped."""
    failed: int = 0


class Memory:
    """One conversation's chat stream, with a history that stays bounded. A `ChatStream` itself."""

    _chat: ChatStream
    _costs: Costs

    def __init__(self, opening: Open, state: LiveState, model: ChatModel) -> None:
        self._caller = opening.caller
        self._resumed = RESUMED[opening.media.kind]
        self._state = state
        self._model = model
        self._streams = AsyncExitStack()
        self._next: tuple[AsyncExitStack, ChatStream] | None = None
        """The stream that the conversation goes on with after the fold."""
        self._asked = 0
        """Requests of the conversation that are running."""
        self._fold: _Fold | None = None
        self._work: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, opening: Open, state: LiveState, model: ChatModel) -> AsyncGenerator[Memory]:
        """Opens the conversation's stream; a history too long for the model, or to be read at once, is cut here."""
        memory = cls(opening, state, model)
        try:
            memory._chat = await memory._streams.enter_async_context(memory._stream())
            memory._costs = Costs(memory._count)
            memory._cut()
            memory._leave_behind()
            yield memory
        finally:
            await memory.rest()
            await memory._drop_next()
            await memory._streams.aclose()

    # --- for the conversation ---------------------------------------------------------------------

    async def use(self, model: ChatModel) -> None:
        """Go on with another model, which reads what it needs with the next reply."""
        await self.rest()
        await self._drop_next()
        streams = AsyncExitStack()
        chat = await streams.enter_async_context(model.stream(prefix(self._state.spec)))
        old, self._streams, self._chat = self._streams, streams, chat
        self._model, self._fold, self._costs = model, None, Costs(self._count)
        await old.aclose()

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        """As the chat stream's; what was done in the background has stopped before."""
        self._asked += 1
        try:
            await self.rest()
            async with aclosing(self._chat.reply(messages, tools, options)) as deltas:
                async for delta in deltas:
                    yield delta
        finally:
            self._asked -= 1

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        await self.rest()
        await self._chat.prefill(messages, tools)

    def after_turn(self) -> None:
        """The model is done with a reply: there is time, until the caller has said something. Never waits.

        While a person talks to the caller, what they say is kept word by word for the agent, and the model is left alone.
        """
        if self._state.owner == "human":
            self._cut()
            return
        if self._asked or (self._work is not None and not self._work.done()):
            return
        cut = self._cut()
        limits, costs = self._limits(), self._weights()
        if self._fold is None and (self._state.behind or sum(costs) > limits.high):
            count = fold_point(self._state.history, costs, limits.high // 2) if sum(costs) > limits.high else 0
            self._fold = _Fold(count) if count or self._state.behind else None
        if cut or self._fold is not None:
            self._work = asyncio.create_task(self._use_gap(self._fold))

    def pause(self) -> None:
        """The caller begins to speak: stop the work in the background. Never waits. What it came to is kept."""
        if self._work is not None:
            self._work.cancel()

    async def rest(self) -> None:
        """Stop the work in the background, and wait until it has stopped."""
        work, self._work = self._work, None
        if work is not None and not work.done():
            work.cancel()
            await asyncio.wait([work])

    async def notes(self) -> str:
        """All that was said in a few sentences, as far as there is time to write them: somebody waits."""
        await self.rest()
        fold = _Fold(len(self._state.history))
        try:
            async with asyncio.timeout(NOTES_SECONDS):
                await self._summarise(fold)
        except (TimeoutError, EngineError) as error:
            log.info("A conversation is handed over with what notes there are (%s)", type(error).__name__)
        self._fold, self._state.behind[:] = None, []
        await self._drop_next()
        return fold.summary or joined(self._state.summary, fold.partial)

    # --- in the gaps --------------------------------------------------------------------------------

    async def _use_gap(self, fold: _Fold | None) -> None:
        try:
            if fold is None:
                await self._read(self._chat)
                await self._drop_next()
                return
            if not fold.summary and fold.failed < ATTEMPTS:
                await self._summarise(fold)
            if fold.summary or fold.failed >= ATTEMPTS:
                await self._change_over(fold)
        except EngineError as error:
            log.warning("The oldest turns of a conversation could not be summed up (%s): %s", error.code, error.message)
            if fold is not None:
                fold.failed += 1

    async def _summarise(self, fold: _Fold) -> None:
        """Not in the conversation's own stream: it would lose what it has read beyond these lines."""
        lines = [*self._state.behind, *self._state.history[: fold.count], Message("user", REQUEST)]
        messages, tools = self._prompt(lines, self._state.summary)
        chat = await self._other()
        text = ""
        try:
            async with aclosing(chat.reply(messages, tools, OPTIONS)) as deltas:
                async for delta in deltas:
                    if isinstance(delta, TextDelta):
                        text += delta.text
        finally:
            fold.partial = max(fold.partial, text, key=len)
        fold.summary = tidy(text)
        if not fold.summary:
            fold.failed += 1

    async def _change_over(self, fold: _Fold) -> None:
        """Read the prompt as it will be in a stream of its own; then the conversation goes on with that one."""
        await self._read(await self._other(), fold)
        self._apply(fold)
        if self._next is not None:
            old, (self._streams, self._chat), self._next = self._streams, self._next, None
            await old.aclose()

    async def _other(self) -> ChatStream:
        """The stream that the conversation goes on with. What it has read stays from gap to gap."""
        if self._next is None:
            streams = AsyncExitStack()
            self._next = streams, await streams.enter_async_context(self._stream())
        return self._next[1]

    async def _drop_next(self) -> None:
        waiting, self._next = self._next, None
        if waiting is not None:
            await waiting[0].aclose()

    async def _read(self, chat: ChatStream, fold: _Fold | None = None) -> None:
        state = self._state
        history, summary = state.history, state.summary
        if fold is not None:
            history, summary = without(history, fold.count), fold.summary or summary
        messages, tools = self._prompt(history, summary)
        async with aclosing(chat.reply(messages, tools, READ)) as deltas:
            async for _ in deltas:
                pass

    def _apply(self, fold: _Fold) -> None:
        self._state.history[:] = without(self._state.history, fold.count)
        self._state.summary = fold.summary or self._state.summary
        self._state.behind[:] = []
        self._fold = None

    def _cut(self) -> bool:
        """Forget the oldest turns at once when they would not fit any more, with what notes there are."""
        limits, costs = self._limits(), self._weights()
        if sum(costs) <= limits.most:
            return False
        fold = self._fold
        if fold is None or not fold.count:
            fold = _Fold(fold_point(self._state.history, costs, limits.high // 2), partial=fold.partial if fold else "")
        if not fold.count:
            return False
        log.info("A conversation of %s lines is cut by %s of them", len(costs), fold.count)
        fold.summary = fold.summary or joined(self._state.summary, fold.partial)
        self._apply(fold)
        return True

    def _leave_behind(self) -> None:
        """Of a conversation that goes on the newest turns are read again; the gaps note down those before."""
        history, costs = self._state.history, self._weights()
        if sum(costs) <= self._resumed or self._state.owner == "human":  # Who gives back needs all that was said.
            return
        count = fold_point(history, costs, self._resumed)
        self._state.behind[:] = [line for line in history[:count] if line.role != "system"]
        history[:] = without(history, count)

    # --- the prompt -----------------------------------------------------------------------------------

    def _stream(self) -> AbstractAsyncContextManager[ChatStream]:
        return self._model.stream(prefix(self._state.spec))

    def _prompt(self, history: Sequence[Message], summary: str) -> tuple[list[Message], tuple[ToolSpec, ...]]:
        spec = self._state.spec
        return prompt(spec, self._caller, history, summary=summary), goal_tools(spec.flow)

    def _count(self, text: str) -> int:
        return self._chat.count(text) if isinstance(self._chat, CountsTokens) else estimated_tokens(text)

    def _weights(self) -> list[int]:
        """Tokens of each line of the history. The present task stays whatever is folded: it counts for the head."""
        history = self._state.history
        costs = self._costs.of(history)
        for index in [index for index, line in enumerate(history) if is_task(line)][-1:]:
            costs[index] = 0
        return costs

    def _limits(self) -> Budget:
        messages, tools = self._prompt([line for line in self._state.history if is_task(line)][-1:], "")
        head = sum(self._count(line.text) + LINE_TOKENS for line in messages)
        head += sum(self._count(f"{tool.name} {tool.description} {tool.parameters}") + TOOL_TOKENS for tool in tools)
        return budget(self._chat.window if isinstance(self._chat, CountsTokens) else WINDOW, head)
