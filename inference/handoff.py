"""From one agent to another in the middle of a conversation, and back to that one in a later leg."""

from __future__ import annotations

import json
import logging
from contextlib import suppress

import msgspec

from inference.draft import Draft
from inference.events import Message, Open, ToolResult
from inference.flow import begin
from inference.flow.state import FlowState
from inference.flow.steps import Leave
from inference.live_state import LiveState
from inference.memory import Memory
from inference.prompt import is_task
from inference.serving import Serving
from inference.spec import AgentSpec, decode_spec
from inference.thinker import Thinker

log = logging.getLogger(__name__)

TOOL = "parley.agent"
SECONDS = 5.0


class Handoff:
    """Changes the agent that speaks. The web knows the others, and answers a tool call with what is published."""

    def __init__(
        self, opening: Open, state: LiveState, *, thinker: Thinker, memory: Memory, serving: Serving | None = None
    ) -> None:
        self._opening = opening
        self._serving = serving
        self._state = state
        self._thinker = thinker
        self._memory = memory

    async def give(self, draft: Draft, step: Leave) -> bool:
        """Let another agent go on; the draft then stands before its flow. False when there is no such agent."""
        found = await self._fetch(step.agent, draft.reply.turn, step.history)
        if found is None:
            return False
        spec, brought = found
        if step.history != "full":
            self._state.summary = await self._memory.notes() if step.history == "summary" else ""
        known = {name: value for name, value in self._state.shown(draft.state).items() if isinstance(value, str)}
        self._state.hand_over(spec)
        await self._serve(spec, brought)
        for lines in (self._state.history, draft.history, draft.thought.lines):
            lines[:] = _told(lines) if step.history == "full" else []
        if step.history != "full":
            draft.line = ""
            self._state.behind.clear()
        draft.state, draft.shown = begin(spec.flow, {**known, **self._opening.facts}), 0
        return True

    async def go_back(self) -> None:
        """An earlier leg was handed to another agent: that one goes on, if it is still there."""
        state = self._state
        language, voice = state.language, state.voice
        found = await self._fetch(state.agent, state.turn, "full")
        if found is None:
            state.agent, state.flow = "", FlowState()
            return
        spec, brought = found
        state.hand_over(spec)
        if language or voice:
            state.speak(language, voice)
        await self._serve(state.spec, brought)

    async def _serve(self, spec: AgentSpec, brought: ToolResult) -> None:
        if self._serving is not None:
            await self._serving.change(spec, brought.lent, brought.voices)

    async def _fetch(self, agent: str, turn: int, history: str) -> tuple[AgentSpec, ToolResult] | None:
        """The agent, and the answer that brought it with what it may use."""
        arguments = json.dumps({"agent": agent, "history": history})
        result = await self._thinker.call_once(TOOL, arguments, turn=turn, seconds=SECONDS)
        with suppress(msgspec.MsgspecError):
            if result.ok:
                return decode_spec(result.result), result
        log.warning("There is no agent %s to hand this conversation to", agent)
        return None


def _told(lines: list[Message]) -> list[Message]:
    """What the next agent is told: all but what the one before it was there for."""
    return [line for line in lines if not is_task(line)]
