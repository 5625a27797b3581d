"""Prompts read into the models' caches before they are needed, while nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from inference.events import Message
from inference.judging import Judge
from inference.live_state import LiveState
from inference.prompt import goal_tools, prompt
from inference.reply import Reply
from inference.thinker import Thinker
from inference.walk import Question, Walker


class ReadingAhead:
    """Of one conversation: what it will answer, and what it will be asked to judge. The newest wish replaces the last."""

    def __init__(
        self, caller: str, state: LiveState, *, walker: Walker, thinker: Thinker, judge: Judge, tasks: asyncio.TaskGroup
    ) -> None:
        self._caller = caller
        self._state = state
        self._walker = walker
        self._thinker = thinker
        self._judge = judge
        self._tasks = tasks
        self._prompt: asyncio.Task[None] | None = None
        self._question: asyncio.Task[None] | None = None

    def read(self, line: Message) -> None:
        """What will hold `line`: the caller's words so far, or what is being said to them."""
        self.stop()
        spoken = line.role == "user"
        before = [*self._state.history] if spoken else [*self._state.history, line]
        question = self._walker.question(before, line.text if spoken else "")
        messages: Sequence[Message] = ()
        if self._walker.at_goal:
            lines = [*before, line] if spoken else before
            messages = prompt(self._state.spec, self._caller, lines, summary=self._state.summary)
        if question is not None or messages:
            self._prompt = self._tasks.create_task(self._read(question, messages))

    def read_question(self, reply: Reply) -> None:
        """What the model may have to judge when the caller answers to `reply`; and the conversation so far, where it
        does not talk: an aside, or the goal that follows a long form, then waits for the newest lines only."""
        said = [] if reply.settled or not reply.text else [Message("assistant", reply.text)]
        lines = [*self._state.history, *said]
        question = self._walker.question(lines)
        messages: Sequence[Message] = ()
        if not self._walker.at_goal and lines:
            messages = prompt(self._state.spec, self._caller, lines, summary=self._state.summary)
        if question is not None or messages:
            self._question = self._tasks.create_task(self._read(question, messages))

    def stop(self) -> None:
        """The prompt itself is asked for now."""
        if self._prompt is not None:
            self._prompt.cancel()

    def end(self) -> None:
        """The conversation ends."""
        self.stop()
        if self._question is not None:
            self._question.cancel()

    async def _read(self, question: Question | None, messages: Sequence[Message]) -> None:
        if question is not None:
            await self._judge.read_ahead(*question)
        if messages:
            await self._thinker.prefill(messages, goal_tools(self._state.spec.flow))
