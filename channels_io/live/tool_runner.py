"""Answers the tool calls of a live session, beside the audio: every call has one answer, one record and a limit.

It decides what may be run at all: what the compiled agent names, and nothing else, whatever a model
asks for. Running is the toolbox's. A test's mocks stand in for the toolbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from agents.tools.answer import ToolAnswer, failure
from agents.tools.arguments import BadArguments, decode_arguments
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import Line
from channels_io.live.tool_names import AGENT, TRANSFER, handed_to, masked_arguments, named_by
from inference.cloning import VoiceSample
from inference.events import ToolCall, ToolResult, Up
from inference.lending import LentService
from inference.spec import AgentSpec, encode_spec

logger = logging.getLogger(__name__)

AT_ONCE: Final = 4
WAITING: Final = 16
IN_A_LEG: Final = 300
LONGEST_SECONDS: Final = 40.0
"""Of one call, database included; a request has its own, shorter limit."""
TRANSFER_SECONDS: Final = 58.0
"""The same of a call to a person: they have to get to their telephone and hear what it is about. The flow waits 60 s."""
TEAM_SECONDS: Final = 890.0
"""The same of a team that is waited for: how long, the team says. The flow waits 900 s."""
KEPT_SECONDS: Final = 60.0
"""How long the answer stays to a call of a lost worker: its successor asks again, and nothing is done twice."""
RECORDED_CHARS: Final = 4_000
HIDDEN: Final = "•••"

Key = tuple[str, str]
"""(tool, arguments as they came)."""


class Toolbox(Protocol):
    """What runs tools for one leg. Raises nothing but CancelledError."""

    async def run(self, spec: AgentSpec, name: str, arguments: Mapping[str, Any], call: str, line: Line) -> ToolAnswer:
        """`spec` is the agent that asks, `line` the leg it asks on."""

    async def hand_over(self, agent: str) -> AgentSpec | None:
        """What the agent (public id or slug, same workspace) runs live. None when there is no such agent."""

    async def lend(self, spec: AgentSpec) -> tuple[LentService, ...]:
        """What a worker needs of the services that this agent names."""

    async def voices(self, spec: AgentSpec) -> tuple[VoiceSample, ...]:
        """Likewise of its cloned voices."""

    async def denied(self, name: str) -> None:
        """The model asked for what the agent does not have."""


class NoTools:
    """For conversations without a workspace behind them."""

    async def run(self, spec: AgentSpec, name: str, arguments: Mapping[str, Any], call: str, line: Line) -> ToolAnswer:
        return failure("tool_unknown", "There is no such tool.")

    async def hand_over(self, agent: str) -> AgentSpec | None:
        return None

    async def lend(self, spec: AgentSpec) -> tuple[LentService, ...]:
        return ()

    async def voices(self, spec: AgentSpec) -> tuple[VoiceSample, ...]:
        return ()

    async def denied(self, name: str) -> None:
        pass


@dataclass(slots=True)
class _Run:
    """A call that is being answered, or whose answer is not yet part of a state that another worker could go on with."""

    task: asyncio.Task[ToolAnswer]
    worker: int
    begun: float
    told: bool = False


class ToolRunner:
    """`run()` is a task of the session. `spec` is what the conversation runs now: a hand-off changes it."""

    def __init__(
        self,
        facts: LegFacts,
        toolbox: Toolbox,
        tell: Callable[[Up], Awaitable[bool]],
        record: Callable[[str, dict[str, Any]], None],
        line: Line,
    ) -> None:
        """`record(kind, data)` puts an event into the leg's record; `tell` sends to the worker."""
        self.spec = facts.spec
        self._facts = facts
        self._known = {facts.spec.agent: facts.spec}
        self._toolbox = toolbox
        self._tell = tell
        self._record = record
        self._line = line
        self._calls: asyncio.Queue[tuple[ToolCall, int]] = asyncio.Queue(WAITING)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._runs: dict[Key, _Run] = {}
        self._worker = 0
        self._asked = 0

    def ask(self, call: ToolCall) -> None:
        """The worker wants a tool run. Returns at once."""
        self._asked += 1
        hidden = masked_arguments(self.spec, call.name)
        arguments, _secrets = _recordable(call.arguments, hidden)
        self._record("tool_call", {"call": call.call, "name": call.name, "arguments": arguments})
        try:
            self._calls.put_nowait((call, self._worker))
        except asyncio.QueueFull:
            logger.warning("More than %d tool calls wait in one conversation: one is dropped.", WAITING)

    def begin_again(self) -> None:
        """A worker opens the leg: with the agent that it was opened with. That one was handed on, the worker asks."""
        self.spec = self._facts.spec

    def worker_lost(self) -> None:
        """What runs now goes on; whoever comes next and asks for the same is given that answer."""
        self._worker += 1

    def settled(self) -> None:
        """The worker has said a state: what was told before is in it."""
        self._runs = {key: run for key, run in self._runs.items() if not run.told}

    async def run(self) -> None:
        """Until cancelled: calls in progress are then broken off."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                call, worker = await self._calls.get()
                tasks.create_task(self._serve(tasks, call, worker))

    async def _serve(self, tasks: asyncio.TaskGroup, call: ToolCall, worker: int) -> None:
        key = (call.name, call.arguments)
        earlier = self._runs.get(key)
        now = asyncio.get_running_loop().time()
        if earlier is not None and earlier.worker < worker and now - earlier.begun < KEPT_SECONDS:
            current = earlier
            current.worker = worker
        else:
            current = _Run(tasks.create_task(self._answer(call)), worker, now)
            self._runs[key] = current
        try:
            answer = await asyncio.shield(current.task)
        except asyncio.CancelledError:
            self._note(call, failure("broken_off", "The conversation ended before there was an answer."))
            raise
        self._note(call, answer)
        if worker != self._worker:
            return
        current.told = True
        result = ToolResult(call.call, answer.result, ok=answer.ok, lent=answer.lent, voices=answer.voices)
        await self._tell(result)

    async def _answer(self, call: ToolCall) -> ToolAnswer:
        if self._asked > IN_A_LEG:
            return failure("too_many_calls", "This conversation has used its tools too often.")
        if not self._may(call):
            await self._toolbox.denied(call.name)
            return failure("tool_unknown", "There is no such tool.")
        mock = self._facts.mocks.get(call.name)
        if mock is not None:
            return ToolAnswer(ok=mock.ok, result=mock.result, code="" if mock.ok else "mock")
        try:
            arguments = decode_arguments(call.arguments)
            longest = LONGEST_SECONDS
            if call.name == TRANSFER:
                longest = TEAM_SECONDS if arguments.get("to") == "team" else TRANSFER_SECONDS
            async with self._slots, asyncio.timeout(longest):
                if call.name == AGENT:
                    return await self._hand_over(str(arguments.get("agent", "")))
                return await self._toolbox.run(self.spec, call.name, arguments, call.call, self._line)
        except BadArguments as error:
            return failure("bad_arguments", str(error))
        except TimeoutError:
            return failure("timeout", "The tool did not answer in time.")

    def _may(self, call: ToolCall) -> bool:
        if named_by(self.spec, call.name, call.arguments):
            return True
        agent = handed_to(call.name, call.arguments)
        state = self._facts.state
        return bool(agent) and (agent in self._known or (state is not None and agent == state.agent))

    async def _hand_over(self, agent: str) -> ToolAnswer:
        """An agent that had its part already comes back as it was: no call changes a version on the way."""
        spec = self._known.get(agent) or await self._toolbox.hand_over(agent)
        if spec is None:
            return failure("agent_unknown", "There is no such agent, or it is not published.")
        self.spec = self._known[agent] = self._known[spec.agent] = spec
        lent, voices = await self._toolbox.lend(spec), await self._toolbox.voices(spec)
        return ToolAnswer(ok=True, result=encode_spec(spec).decode(), lent=lent, voices=voices)

    def _note(self, call: ToolCall, answer: ToolAnswer) -> None:
        _arguments, secrets = _recordable(call.arguments, masked_arguments(self.spec, call.name))
        result = answer.result
        if call.name == AGENT and answer.ok:
            result = f'{{"agent":"{self.spec.agent}","version":"{self.spec.version}"}}'
        for secret in secrets:
            result = result.replace(secret, HIDDEN)
        data: dict[str, Any] = {
            "call": call.call,
            "name": call.name,
            "ok": answer.ok,
            "result": result[:RECORDED_CHARS],
        }
        if answer.milliseconds:
            data |= {"ms": answer.milliseconds, "status": answer.status}
        if call.name in self._facts.mocks:
            data["mock"] = True
        self._record("tool_result", data)


def _recordable(arguments: str, hidden: frozenset[str]) -> tuple[str, list[str]]:
    """The arguments without what is masked, and the masked values themselves."""
    if not hidden:
        return arguments[:RECORDED_CHARS], []
    try:
        given = decode_arguments(arguments)
    except BadArguments:
        return HIDDEN, []
    secrets = [str(value) for name, value in given.items() if name in hidden and len(str(value)) > 2]
    shown = {name: HIDDEN if name in hidden else value for name, value in given.items()}
    return msgspec.json.encode(shown).decode()[:RECORDED_CHARS], secrets
