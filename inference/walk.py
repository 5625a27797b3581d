"""One turn's way through the flow: the steps that `inference.flow` asks for, done one after another.

A draft walks on a state of its own, behind its gate. Up to the first step that has an effect it may walk while the
turn is not decided; whatever has one (a tool, a change of language, another agent) waits for the gate. The
conversation's own state follows when the walk ends, is cut, or has done something that cannot be taken back.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inference.draft import Draft
from inference.engines.base import ChatOptions
from inference.errors import EngineError
from inference.events import Entered, Message, Open, State
from inference.fixed_texts import fixed_texts, is_fixed
from inference.flow import advance, again, at, begin, come_back, left_for_person, take_up
from inference.flow.graph import find
from inference.flow.moves import Scene
from inference.flow.routes import options as options_at
from inference.flow.sentences import sentence
from inference.flow.state import FlowState
from inference.flow.steps import (
    Answer,
    Call,
    Called,
    Choose,
    Chosen,
    Done,
    Fill,
    Filled,
    Finish,
    Generate,
    Heard,
    Leave,
    Listen,
    Moment,
    Pause,
    Say,
    Speak,
    Step,
)
from inference.flow.values import prompted
from inference.handoff import Handoff
from inference.judging import Judge, Talk
from inference.language_change import LanguageChange
from inference.live_state import LiveState
from inference.nodes import FlowSpec, GoalNode
from inference.outbox import Outbox
from inference.prompt import goal_tools, language_line, prompt, task
from inference.reply import Clock
from inference.speaking import Speaking
from inference.thinker import Thinker
from inference.whisper import Whisper

log = logging.getLogger(__name__)

MOST_HANDOFFS = 3
"""In one turn: two agents that hand over to each other say nothing else."""
CATCH_UP = 50
"""Steps passed over at most to where the caller is listened to."""
UNENDING = 1 << 62
Question = tuple[Sequence[str], Talk]
"""Options, and what they are about."""
ASIDE = "Answer the caller's last words in one short sentence, then stop."


def now() -> datetime:
    return datetime.now(UTC)


class Walker:
    """Walks the drafts of one conversation. `listening` is told how the caller is listened to from now on."""

    def __init__(
        self,
        opening: Open,
        state: LiveState,
        *,
        thinker: Thinker,
        judge: Judge,
        handoff: Handoff,
        tongue: LanguageChange,
        speaking: Speaking,
        whisper: Whisper,
        outbox: Outbox,
        clock: Clock,
        listening: Callable[[Listen], None],
        wall: Callable[[], datetime] = now,
    ) -> None:
        self._opening = opening
        self._state = state
        self._thinker = thinker
        self._judge = judge
        self._handoff = handoff
        self._tongue = tongue
        self._speaking = speaking
        self._whisper = whisper
        self._outbox = outbox
        self._clock = clock
        self._listening = listening
        self._wall = wall
        self._since = clock()
        self._texts_of: FlowSpec | None = None
        self._texts: tuple[str, ...] = ()

    # --- where it stands ------------------------------------------------------------------------

    def enter(self) -> Step:
        """Enter the flow, or find out what it needs where an earlier leg left it: that step, which is still to be done."""
        state = self._state
        if state.owner == "ai" and left_for_person(state.spec.flow, state.flow):
            state.flow = come_back(state.spec.flow, state.flow)
        elif not state.flow.node or (state.flow.ended and state.owner == "ai"):
            state.flow = begin(state.spec.flow, self._opening.facts)
        new = not state.flow.turns
        state.flow, state.step = self._stepped(state.flow, None)
        if isinstance(state.step, Listen):
            unanswered = state.history[-1:] if state.history and state.history[-1].role == "user" else []
            del state.history[len(state.history) - len(unanswered) :]
            self._take_up_task(state.flow, state.history)
            state.history += unanswered
            self._listening(state.step)
            if new and len(state.spec.flow.nodes) > 1:
                self._outbox.put_now(Entered(state.turn, state.flow.path, state.shown(state.flow)))
        return state.step

    def take_up_again(self) -> str:
        """The step that says the open question once more, for somebody who comes back; what is said before it."""
        state = self._state
        state.flow, state.step = again(state.spec.flow, state.flow, self.moment())
        words = sentence("back", state.spec.language)
        return f"{words} {sentence('go_on', state.spec.language)}" if isinstance(state.step, Listen) else words

    def take_up(self, target: str, found: Mapping[str, str], passed: tuple[str, ...]) -> None:
        """Stand where the flow goes on after a person has talked, knowing what they found out (`flow.take_up`)."""
        state = self._state
        state.flow, state.step = take_up(state.spec.flow, state.flow, target, found, passed, self.moment())
        self._take_up_task(state.flow, state.history)
        if isinstance(state.step, Listen):
            self._listening(state.step)

    def is_goal(self, target: str) -> bool:
        """Whether it is the model that talks at this node of the main flow, "" where the conversation stands."""
        node = find(self._state.spec.flow, "", target) if target else at(self._state.spec.flow, self._state.flow)
        return isinstance(node, GoalNode)

    @property
    def at_goal(self) -> bool:
        """Whether it is the model that talks where the conversation stands."""
        return isinstance(at(self._state.spec.flow, self._state.flow), GoalNode)

    # --- walking --------------------------------------------------------------------------------

    async def walk(self, draft: Draft) -> None:
        """From the draft's answer to where the caller speaks next, or to the end. Raises EngineError."""
        step = self._first_step(draft)
        handoffs = 0
        while not isinstance(step, Listen):
            if isinstance(step, Finish):
                draft.reply.end = step.reason
                if not draft.reply.written and isinstance(draft.answer, Heard):
                    await self._speaking.say(draft, sentence("goodbye", self._state.spec.language))
                return
            if isinstance(step, Leave):
                handoffs += 1
                step = await self._leave(draft, step, refused=handoffs > MOST_HANDOFFS)
            else:
                step = self._advance(draft, await self._do(draft, step))
        await self._whisper.tail(draft)

    def commit(self, draft: Draft) -> None:
        """Where the draft has come to, the conversation stands now."""
        if draft.step is None:
            return
        self._state.flow, self._state.step = draft.state, draft.step
        if isinstance(draft.step, Listen):
            self._listening(draft.step)

    def show(self, draft: Draft) -> None:
        """Tell the web what the draft has passed and learnt since it was told last. The gate is open."""
        if draft.step is None:
            return
        path, known = draft.state.path, self._state.shown(draft.state)
        passed, draft.shown = path[draft.shown :], len(path)
        if passed or known != draft.known:
            draft.known = known
            self._outbox.put_now(Entered(draft.reply.turn, passed, known))

    def _first_step(self, draft: Draft) -> Step:
        """What is to be done first: what follows on the draft's answer, told where the flow listens.

        What an interruption left undone is passed over up to there. A tool that runs, and a goodbye, come first: the
        words that were said over them are in the history.
        """
        state, step = draft.begun, draft.before
        draft.known = self._state.shown(state)
        if step is None:
            state, step = self._stepped(state, None)
        began = state, step
        for _ in range(CATCH_UP if draft.answer is not None else 0):
            if isinstance(step, Listen):
                draft.state = state
                return self._advance(draft, draft.answer)
            passed = _passed_over(step)
            if passed is None:
                break
            state, step = self._stepped(state, passed)
        return self._come_to(draft, *(began if isinstance(step, Finish) else (state, step)))

    def _advance(self, draft: Draft, answer: Answer | None) -> Step:
        return self._come_to(draft, *self._stepped(draft.state, answer))

    def _stepped(self, state: FlowState, answer: Answer | None) -> tuple[FlowState, Step]:
        return advance(self._state.spec.flow, state, answer, self.moment())

    def _come_to(self, draft: Draft, state: FlowState, step: Step) -> Step:
        draft.state, draft.step = state, step
        if isinstance(step, Listen | Generate):
            self._take_up_task(state, draft.thought.lines, draft.history)
        if draft.gate.is_open:
            self.show(draft)
            if draft.acted:
                self.commit(draft)
                self._outbox.put_now(State(self._state.snapshot(), self._state.turn))
        return step

    def _take_up_task(self, state: FlowState, lines: list[Message], before: Sequence[Message] = ()) -> None:
        """What a goal node is there for stands in the history from where it was entered, and the language likewise."""
        flow = self._state.spec.flow
        node = at(flow, state)
        if isinstance(node, GoalNode) and node.prompt:
            line = task(node.id, prompted(flow, state, node.prompt, self._opening.facts), [*before, *lines])
            lines += [line] if line is not None else []
        told = language_line(self._state.spec.language, self._state.own_language, [*before, *lines])
        lines += [told] if told is not None else []

    # --- the steps ------------------------------------------------------------------------------

    async def _do(self, draft: Draft, step: Step) -> Answer:
        match step:
            case Say():
                await self._say(draft, step)
            case Generate():
                await self._speaking.stream(draft, self._generated(draft, step))
            case Choose():
                return Chosen(await self._choose(draft, step))
            case Fill():
                return Filled(await self._fill(draft, step))
            case Call():
                return await self._call(draft, step)
            case Speak(language=language, voice=voice):
                await draft.gate.opening()
                await self._tongue.to(language, voice, turn=draft.reply.turn)
            case Pause(seconds=seconds):
                await draft.gate.opening()
                await asyncio.sleep(seconds)
        return Done()

    async def _say(self, draft: Draft, step: Say) -> None:
        await draft.certain()
        await self._whisper.lead(draft)
        if step.interruptible:
            await self._speaking.say(draft, step.text, keep=self._is_fixed(step.text))
            return
        draft.reply.guarded = UNENDING
        try:
            await self._speaking.say(draft, step.text, keep=self._is_fixed(step.text))
        finally:
            draft.reply.guarded = draft.reply.sent

    def _generated(self, draft: Draft, step: Generate) -> AsyncGenerator[str]:
        spec = self._state.spec
        instruction = self._whisper.follow(draft)
        lines = [*draft.history, *self._said(draft)]
        if step.aside:
            also = f" {lines.pop().text}" if instruction is not None else ""
            lines.append(Message("system", f"{ASIDE} {step.aside}{also}"))
        return self._thinker.think(
            prompt(spec, self._opening.caller, lines, summary=self._state.summary),
            goal_tools(spec.flow),
            ChatOptions(
                spec.models.temperature,
                spec.models.max_tokens,
                awaited=lambda: draft.gate.is_open,
                held=lambda: draft.held,
            ),
            usable={tool.name for tool in step.tools},
            gate=draft.gate,
            reply=draft.reply,
            marks=draft.marks,
            thought=draft.thought,
        )

    def _said(self, draft: Draft) -> list[Message]:
        """This turn so far: the caller's words, what came of them, and what has been said already."""
        lines = list(draft.thought.lines)
        if draft.reply.text:
            place = len(lines) - 1 if lines and lines[-1].role == "system" else len(lines)
            lines.insert(place, Message("assistant", draft.reply.text))
        return [Message("user", draft.line), *lines] if draft.line else lines

    async def _choose(self, draft: Draft, step: Choose) -> int | None:
        """A model that fails judges nothing, once the caller waits for it; before, it is asked again."""
        try:
            return await self._judge.choose(
                step.options,
                self._talk(draft),
                doubted=step.doubted,
                awaited=lambda: draft.gate.is_open,
                usage=draft.thought.add,
            )
        except EngineError as error:
            _note_failure(draft, error)
            return None
        finally:
            draft.marks.at["judged"] = self._clock()

    async def _fill(self, draft: Draft, step: Fill) -> dict[str, str]:
        slots = [slot for slot in step.slots if not slot.masked]
        if not slots:
            return {}
        try:
            return await self._judge.fill(
                slots,
                self._talk(draft),
                whole=step.whole,
                awaited=lambda: draft.gate.is_open,
                usage=draft.thought.add,
            )
        except EngineError as error:
            _note_failure(draft, error)
            return {}
        finally:
            draft.marks.at["judged"] = self._clock()

    def _talk(self, draft: Draft) -> Talk:
        return Talk(draft.history, draft.line, self._state.spec.language)

    async def _call(self, draft: Draft, step: Call) -> Called:
        await draft.gate.opening()
        draft.acted = True
        calling = asyncio.create_task(
            self._thinker.call_once(
                step.tool, json.dumps(dict(step.arguments)), turn=draft.reply.turn, seconds=step.seconds
            )
        )
        try:
            if step.saying:
                await self._whisper.lead(draft)
                await self._speaking.say(draft, step.saying, keep=self._is_fixed(step.saying))
            result = await calling
        finally:
            calling.cancel()
        return Called(result.ok, result.result)

    # --- another agent --------------------------------------------------------------------------

    async def _leave(self, draft: Draft, step: Leave, *, refused: bool) -> Step:
        """The other agent's first step; or what the flow has for the case that there is none."""
        await draft.gate.opening()
        draft.acted = True
        words = draft.line if step.history != "none" else ""
        if refused or not await self._handoff.give(draft, step):
            return self._advance(draft, Called(ok=False, result=""))
        first = self._advance(draft, None)
        if not isinstance(first, Listen):
            return first
        if words:  # They were said to the agent before, and it is this one that answers.
            return self._advance(draft, Heard(words))
        if self._state.spec.greeting:
            await self._speaking.say(draft, self._state.spec.greeting)
        return first

    # --- reading ahead --------------------------------------------------------------------------

    def question(self, before: Sequence[Message], words: str = "") -> Question | None:
        """What the model will be asked when the caller says `words`; None where it is not likely to be asked anything."""
        state = self._state
        options = possible(state.spec.flow, state.flow, self.moment()) if isinstance(state.step, Listen) else ()
        return (options, Talk(before, words, state.spec.language)) if options else None

    def moment(self) -> Moment:
        spec = self._state.spec
        return Moment(
            now=self._wall().astimezone(_zone(spec.zone)),
            person=self._opening.person or self._opening.conversation,
            seconds=self._clock() - self._since,
            language=spec.language,
            voice=self._opening.media.kind == "voice",
            facts=self._opening.facts,
        )

    def _is_fixed(self, text: str) -> bool:
        if self._texts_of is not self._state.spec.flow:
            self._texts_of = self._state.spec.flow
            self._texts = fixed_texts(self._texts_of)
        return is_fixed(text, self._texts)


def possible(flow: FlowSpec, state: FlowState, moment: Moment) -> tuple[str, ...]:
    """The options that the model is likely to be asked about next, where the flow listens now."""
    return tuple(option.label for option in options_at(Scene(flow, moment), state, at(flow, state)))


def _passed_over(step: Step) -> Answer | None:
    """What the flow is told of a step that an interruption has made pointless; None for one that must be done."""
    match step:
        case Say() | Generate() | Speak() | Pause():
            return Done()
        case Choose():
            return Chosen(None)
        case Fill():
            return Filled({})
    return None


def _note_failure(draft: Draft, error: EngineError) -> None:
    if not draft.gate.is_open:
        raise error
    log.warning("Turn %s: nothing was judged (%s): %s", draft.reply.turn, error.code, error.message)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
