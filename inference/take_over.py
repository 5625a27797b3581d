"""A person takes a conversation over from the agent, talks to the caller, and gives it back.

While a person talks the agent is silent and its flow stands still; the caller's words go on being transcribed and
join the history, and so do the person's. Giving back, the agent first looks for what was found out meanwhile
(`giving_back.py`), then goes on as soon as nobody speaks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from inference.errors import EngineError
from inference.events import Message, Open, State
from inference.flow import remarks
from inference.flow.graph import find
from inference.flow.taking_up import target_of
from inference.giving_back import (
    exchanges,
    for_the_model,
    found_by_model,
    found_by_rules,
    is_known,
    is_unanswered,
    passed,
    slots_to_fill,
)
from inference.judging import Judge
from inference.live_state import LiveState
from inference.memory import Memory
from inference.outbox import Outbox
from inference.ownership import HANDED_BACK, TAKEN_OVER, has_person, marked, since_take_over, told
from inference.replier import Replier
from inference.reply import Clock, Marks
from inference.walk import Walker

log = logging.getLogger(__name__)

MODEL_SECONDS = 4.0
"""For finding out what was said meanwhile: then the agent goes on without."""
SILENCE_SECONDS = 20.0
"""That the agent waits at most for a sentence to be played, or for the caller to come to an end."""


class TakeOver:
    """Who talks in one conversation. `speaking` tells whether the caller does just now."""

    def __init__(
        self,
        opening: Open,
        state: LiveState,
        *,
        replier: Replier,
        walker: Walker,
        memory: Memory,
        judge: Judge,
        outbox: Outbox,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        speaking: Callable[[], bool],
    ) -> None:
        self._voice = opening.media.kind == "voice"
        self._state = state
        self._replier = replier
        self._walker = walker
        self._memory = memory
        self._judge = judge
        self._outbox = outbox
        self._tasks = tasks
        self._clock = clock
        self._speaking = speaking
        self._returning: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    @property
    def agent_answers(self) -> bool:
        """False while a person talks, and until the agent has found back."""
        return self._state.owner == "ai" and self._returning is None

    @property
    def returning(self) -> bool:
        """The agent is finding back."""
        return self._returning is not None

    async def begin(self) -> None:
        """A person talks from now on. What the agent was saying is cut already, and is not gone on with."""
        if self._state.owner == "human":
            self._tell()
            return
        await self._stop_returning()
        self._state.owner = "human"
        self._state.misses = 0
        self._replier.fall_silent()
        self._memory.pause()
        self._tell()
        await self._replier.settle()
        if not has_person(self._state.history):
            self._state.history.append(TAKEN_OVER)
            self._tell()

    def resume(self) -> bool:
        """Go on where an earlier leg has left it; False where nobody but the agent talked."""
        state = self._state
        if state.owner == "human":
            state.history[:] = marked(state.history)
            return True
        if not has_person(state.history):
            return False
        self._returning = self._tasks.create_task(self._go_on(""))
        return True

    async def told(self, text: str) -> None:
        """A person said `text` to the caller."""
        await self._add(told(text))

    async def heard(self, text: str) -> None:
        """The caller said `text`, and no agent is to answer."""
        await self._add(Message("user", text))

    def moved(self) -> None:
        """The caller has begun to speak, or ended."""
        self._moved.set()

    def give_back(self, node: str) -> None:
        """The agent talks again, at `node` or where its flow stands. Never waits: the agent goes on when it can."""
        if self._state.owner == "human":
            self._state.owner = "ai"
            self._returning = self._tasks.create_task(self._go_on(node))
        self._tell()

    def stop(self) -> None:
        """The conversation ends."""
        if self._returning is not None:
            self._returning.cancel()

    # --- the way back -----------------------------------------------------------------------------

    async def _go_on(self, node: str) -> None:
        state = self._state
        target = target_of(state.spec.flow, state.flow, node)
        found = await self._found(target, since_take_over(state.history))
        await self._nobody_speaks()
        await self._replier.settle()
        found |= self._by_rules(target, since_take_over(state.history))  # The caller may have gone on meanwhile.
        waiting = self._take_unanswered(target)
        state.history.append(HANDED_BACK)
        self._walker.take_up(target, found, passed(state.spec.flow, state.flow, target, found))
        self._returning = None
        if waiting:
            self._replier.answer(waiting, Marks(self._clock()))
        else:
            self._replier.enter()

    async def _found(self, target: str, lines: Sequence[Message]) -> dict[str, str]:
        state, moment = self._state, self._walker.moment()
        flow = state.spec.flow
        found = self._by_rules(target, lines)
        missing = [
            slot
            for slot in slots_to_fill(flow, state.flow, target)
            if slot.name not in found and not is_known(flow, state.flow, slot.name)
        ]
        here = find(flow, "" if target else state.flow.flow, target or state.flow.node)
        wanted = for_the_model(missing, here, exchanges(lines), moment)
        try:
            async with asyncio.timeout(MODEL_SECONDS):
                return found | await found_by_model(self._judge, wanted, lines, moment)
        except (EngineError, TimeoutError) as error:
            log.warning("What a person found out was not read by the model (%s)", type(error).__name__)
            return found

    def _by_rules(self, target: str, lines: Sequence[Message]) -> dict[str, str]:
        flow, stands = self._state.spec.flow, self._state.flow
        wanted = slots_to_fill(flow, stands, target)
        known = [slot for slot in wanted if is_known(flow, stands, slot.name)]
        missing = [slot for slot in wanted if slot not in known]
        return found_by_rules(missing, known, exchanges(lines), self._walker.moment())

    def _take_unanswered(self, target: str) -> str:
        """What the caller said last, if it waits for an answer that the agent can give where it goes on."""
        state = self._state
        last = state.history[-1] if state.history else None
        if last is None or last.role != "user" or not is_unanswered(last.text, state.spec.language):
            return ""
        if not self._walker.is_goal(target) and not remarks.asks(last.text):
            return ""
        return state.history.pop().text

    async def _nobody_speaks(self) -> None:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._replier.silence()
                while self._speaking():
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            log.info("The agent goes on although somebody may be speaking")

    async def _stop_returning(self) -> None:
        task, self._returning = self._returning, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    # --- the record -------------------------------------------------------------------------------

    async def _add(self, line: Message) -> None:
        """Behind what was heard of the agent's last words."""
        await self._replier.settle()
        self._state.history.append(line)
        self._tell()
        self._memory.after_turn()

    def _tell(self) -> None:
        self._outbox.put_now(State(self._state.snapshot(), self._state.turn))
