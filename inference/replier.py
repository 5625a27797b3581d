"""The agent's side of a conversation: one reply at a time, cut by an interruption, settled as heard.

A reply runs `Thinker` → clauses → `Mouth` in one task, behind a gate. What may be the caller's whole
turn is answered at once (`guess`); the gate is opened when the turn is over (`answer`), and a guess
that proves wrong leaves no trace. A reply is *settled* when it is known how much of it the caller
heard; only then does it enter history, and only then can the next prompt be made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing

from inference import metrics
from inference.draft import Draft
from inference.engines.base import ChatOptions, Synthesizer
from inference.errors import EngineError
from inference.events import Failed, Interrupted, Message, Open, Playback, ReplyDone, State, Timing
from inference.fixed_speech import FixedSpeech
from inference.flow import End, Generate, follow_else, next_step
from inference.gate import Gate
from inference.live_state import LiveState
from inference.memory import Memory
from inference.mouth import Mouth
from inference.outbox import Outbox
from inference.phrases import PhraseName, phrase
from inference.prompt import prompt
from inference.reply import FILLER, Clock, Marks, Reply
from inference.text import clauses, readable
from inference.thinker import Thinker

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.25
"""How long a new reply waits to learn where the player stopped the old one."""
MIDST_SECONDS = 1.0
FILLER_PATIENCE = 0.25
"""Seconds more that a late answer has when its first token is there: its first words are about to come."""


class Replier:
    """Starts, speaks, cuts and settles the replies of one conversation."""

    def __init__(
        self,
        opening: Open,
        state: LiveState,
        *,
        thinker: Thinker,
        memory: Memory,
        synthesizer: Synthesizer,
        fixed_speech: FixedSpeech,
        outbox: Outbox,
        tasks: asyncio.TaskGroup,
        clock: Clock,
    ) -> None:
        self._spec = opening.spec
        self._caller = opening.caller
        self._spoken = opening.media.kind == "voice"
        self._rate_out = opening.media.rate_out
        self._state = state
        self._thinker = thinker
        self._memory = memory
        self._synthesizer = synthesizer
        self._fixed_speech = fixed_speech
        self._outbox = outbox
        self._tasks = tasks
        self._clock = clock
        self._mouth = Mouth(synthesizer=synthesizer, voice=opening.spec.voice, media=opening.media, clock=clock)
        self._draft: Draft | None = None
        """An answer to what may be the caller's turn."""
        self._wasted = 0
        """Drafts dropped since the last turn."""
        self._reply: Reply | None = None
        self._task: asyncio.Task[None] | None = None
        self._prefill_task: asyncio.Task[None] | None = None
        self._playback_moved = asyncio.Event()

    # --- starting -----------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say a fixed sentence; its audio comes from the shared cache."""
        self._start(self._say(text))

    def say_phrase(self, name: PhraseName) -> None:
        self.say(phrase(name, self._spec.language))

    def answer(self, text: str, marks: Marks) -> None:
        """Answer the caller's `text`, which joins history after what was heard of the last reply."""
        self._start(self._answer(text, marks))

    def resume_cut_reply(self) -> None:
        """The interruption was nothing: go on where the caller stopped hearing."""
        self._start(self._resume())

    def read_ahead(self, line: Message) -> None:
        """Read the prompt that will hold `line` into the cache before it is needed.

        The caller's words so far, while they speak; the greeting and all before it, while it plays.
        """
        step = next_step(self._spec.flow, self._state.node)
        if not isinstance(step, Generate):
            return
        self._stop_reading()
        history = [*self._state.history, line]
        messages = prompt(self._spec, step.node, self._caller, history, summary=self._state.summary)
        self._prefill_task = self._tasks.create_task(self._thinker.prefill(messages, step.tools))

    def guess(self, text: str, *, sure: bool = True) -> bool:
        """Begin to answer `text`, in case it is the caller's whole turn; go on if that has been begun already.

        Not `sure`: the caller still speaks, and only a first token is made. Nothing is begun before it is
        known what was heard of a reply that the caller has cut: that is in the prompt. False when nothing is being answered.
        """
        reply = self._reply
        if reply is not None and reply.cut and not reply.settled and (reply.reported or not reply.sent):
            self._settle(reply)
        if reply is not None and not reply.settled:
            return False
        if self._draft is not None and self._draft.answers(text, self._state.history, self._state.node):
            self._draft.sure = self._draft.sure or sure
            return True
        self.drop_guess()
        if not isinstance(next_step(self._spec.flow, self._state.node), Generate):
            return False
        self._draft = self._begin(text, sure=sure)
        return True

    def drop_guess(self) -> None:
        """The caller went on, or wants something else: what was begun is void."""
        draft, self._draft = self._draft, None
        if draft is not None and draft.task is not None:
            draft.task.cancel()
            self._wasted += 1
            metrics.guessed("wasted")

    def _stop_reading(self) -> None:
        if self._prefill_task is not None:
            self._prefill_task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._task = self._tasks.create_task(work)

    # --- one reply ----------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """A reply is being made or played."""
        running = self._task is not None and not self._task.done()
        return running or (self._reply is not None and self._reply.playing())

    @property
    def in_the_midst(self) -> bool:
        """There is more to say than the caller is likely to have spoken into: what they say is no answer to it."""
        reply = self._reply
        if reply is None or reply.cut or not self.busy:
            return False
        return not reply.finished or reply.sent - reply.played > MIDST_SECONDS * self._rate_out

    @property
    def cut_short(self) -> bool:
        """The last reply was cut and something of it is left to say."""
        return self._reply is not None and self._reply.cut and bool(self._reply.rest)

    async def _say(self, text: str) -> None:
        await self._settled()
        reply = self._reply = Reply(self._state.turn, self._spoken)
        draft = Draft(text, [], "", reply, Gate(self._outbox), Marks(self._clock()))
        draft.gate.open(reply.turn)
        await self._deliver(draft, _one(text), fixed=True)

    async def _answer(self, text: str, marks: Marks) -> None:
        try:
            await self._settled()
        except asyncio.CancelledError:  # Spoken on while we waited: the words still belong to history.
            self._state.history.append(Message("user", text))
            raise
        draft = self._take_draft(text) or self._begin(text)
        try:
            await self._give(draft, marks)
        finally:
            await draft.drop()

    def _take_draft(self, text: str) -> Draft | None:
        """The answer to `text`, if it has been begun."""
        draft = self._draft
        if draft is None or not draft.answers(text, self._state.history, self._state.node):
            self.drop_guess()
            return None
        self._draft = None
        metrics.guessed("used")
        return draft

    def _begin(self, text: str, *, sure: bool = True) -> Draft:
        """Answer `text`, behind a closed gate."""
        self._stop_reading()
        history = [*self._state.history]
        reply = Reply(self._state.turn, self._spoken)
        draft = Draft(text, history, self._state.node, reply, Gate(self._outbox), sure=sure)
        step, models = next_step(self._spec.flow, self._state.node), self._spec.models
        draft.marks.mark("begun", self._clock())
        match step:
            case Generate(node=node, tools=tools):
                lines = [*history, Message("user", text)]
                messages = prompt(self._spec, node, self._caller, lines, summary=self._state.summary)
                words = self._thinker.think(
                    messages,
                    tools,
                    ChatOptions(
                        models.temperature,
                        models.max_tokens,
                        awaited=lambda: draft.gate.is_open,
                        held=lambda: draft.held,
                    ),
                    gate=draft.gate,
                    reply=draft.reply,
                    marks=draft.marks,
                    thought=draft.thought,
                )
                work = self._deliver(draft, words, timed=True)
            case End(node=node):
                draft.reply.end = node.reason
                work = self._deliver(draft, _one(node.text), timed=True, fixed=True)
        draft.task = self._tasks.create_task(work)
        return draft

    async def _give(self, draft: Draft, asked: Marks) -> None:
        """The turn is over: `draft` is its answer. `asked`: when the caller ended it and when that was noticed."""
        reply, marks = draft.reply, draft.marks
        reply.turn = self._state.turn
        marks.start, marks.speech_end = asked.start, asked.speech_end
        marks.at.update(asked.at)
        self._reply = reply
        # In the words that were answered: they are in the cache, and what the model remembers being asked.
        self._state.history.append(Message("user", draft.text))
        self._state.node = follow_else(self._spec.flow, draft.node) or self._state.node
        # No wait before the gate is open: a draft that fails behind it is silent, and this one is the answer.
        self._outbox.put_now(State(self._state.snapshot(), self._state.turn))
        draft.gate.open(reply.turn)
        filling = self._tasks.create_task(self._fill_in(draft))
        try:
            if draft.task is not None:
                await draft.task
        finally:
            filling.cancel()

    async def _fill_in(self, draft: Draft) -> None:
        """An answer that is really late gets a filler in front; one whose first words are there gets its chance."""
        late = self._spec.turns.filler_ms / 1000
        kept = self._fixed_speech.kept(self._spec.voice, phrase("filler", self._spec.language))
        if not late or not self._spoken or not kept or draft.reply.end:
            return
        await asyncio.sleep(max(0.0, draft.marks.start + late - self._clock()))
        if "first_token" in draft.marks.at:
            await asyncio.sleep(FILLER_PATIENCE)
        if draft.reply.sent == 0:
            self._mouth.fill(draft.reply, kept, draft.gate)
            draft.marks.mark(FILLER, self._clock())
            log.warning("Turn %s: no answer within %.0f ms, a filler was said", draft.reply.turn, late * 1000)

    async def _resume(self) -> None:
        await self._settled()
        if self._reply is not None and self.cut_short:
            await self._say(self._reply.rest)

    async def _deliver(
        self, draft: Draft, words: AsyncGenerator[str], *, fixed: bool = False, timed: bool = False
    ) -> None:
        """Speak `words`. A failing engine ends in a spoken apology. `timed`: somebody waited for this reply."""
        reply, gate = draft.reply, draft.gate
        try:
            await self._speak(draft, words, fixed=fixed)
            if not reply.text and not reply.end:
                await self._speak(draft, _one(phrase("say_again", self._spec.language)), fixed=True)
        except EngineError as error:
            log.warning("Reply to turn %s failed (%s): %s", reply.turn, error.code, error.message)
            metrics.engine_failed("reply", error.code)
            if not gate.is_open:
                draft.failed = True
                return
            await gate.put(Failed(error.code, error.message, turn=reply.turn))
            await self._apologise(draft)
        else:
            await gate.opening()
        finally:
            if gate.is_open:
                self._state.history += draft.thought.tool_lines
                if timed:
                    self._tell_timing(draft)
        reply.finished = True
        await gate.put(ReplyDone(reply.turn, reply.text, reply.sent, reply.end))
        self._memory.after_turn()
        self.settle_played()

    async def _speak(self, draft: Draft, words: AsyncGenerator[str], *, fixed: bool) -> None:
        spec = self._spec
        pieces = (
            clauses(words, language=spec.language, pronunciations=spec.pronunciations)
            if self._spoken
            else readable(words)
        )
        async with aclosing(words), aclosing(pieces) as lines:
            if fixed:
                await self._mouth.say(
                    draft.reply,
                    lines,
                    draft.marks,
                    draft.gate,
                    lambda texts: self._fixed_speech.speak(self._synthesizer, spec.voice, texts),
                )
            else:
                await self._mouth.say(draft.reply, lines, draft.marks, draft.gate)

    async def _apologise(self, draft: Draft) -> None:
        try:
            await self._speak(draft, _one(phrase("failed", self._spec.language)), fixed=True)
        except EngineError as error:
            # No voice at all: the web side plays what it has cached when it sees this code.
            await draft.gate.put(Failed("voice_failed", error.message, turn=draft.reply.turn))

    def _tell_timing(self, draft: Draft) -> None:
        thought = draft.thought
        spans = draft.marks.spans()
        metrics.reply_spans(spans)
        metrics.reply_tokens(thought.prompt_tokens, thought.cached_tokens, thought.reply_tokens)
        wasted, self._wasted = self._wasted, 0
        draft.gate.put_now(
            Timing(
                draft.reply.turn,
                spans,
                speech_end=draft.marks.speech_end,
                prompt_tokens=thought.prompt_tokens,
                cached_tokens=thought.cached_tokens,
                reply_tokens=thought.reply_tokens,
                guesses_wasted=wasted,
                filler=FILLER in draft.marks.at,
            )
        )

    # --- stopping and settling ----------------------------------------------------------------

    async def interrupt(self) -> None:
        """Cut the reply in progress, if there is one, and begin a new turn."""
        if not self.busy:
            return
        task, reply = self._task, self._reply
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])  # Its generators are closed when this returns: compute has stopped.
        if reply is not None and reply.playing():
            reply.cut = True
        metrics.interrupted()
        self._state.turn += 1
        self._outbox.interrupt(Interrupted(self._state.turn))

    def stop(self) -> None:
        """The conversation ends: so does what is being said."""
        self.drop_guess()
        for task in (self._task, self._prefill_task):
            if task is not None:
                task.cancel()

    def on_playback(self, playback: Playback) -> None:
        """The player's report of the current reply."""
        if self._reply is not None and playback.turn == self._reply.turn:
            self._reply.on_playback(playback.samples, playback.done)
            self._mouth.on_playback()
            self._playback_moved.set()

    def settle_played(self) -> str:
        """Settle a reply that has come to its end; the reason when the conversation ends with it."""
        reply = self._reply
        if reply is None or reply.settled or reply.cut or reply.playing():
            return ""
        self._settle(reply)
        return reply.end

    async def _settled(self) -> None:
        """Wait until history can hold what was heard of the last reply."""
        reply = self._reply
        if reply is None or reply.settled:
            return
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while reply.cut and reply.spoken and reply.sent and not reply.reported:
                    self._playback_moved.clear()
                    await self._playback_moved.wait()
        except TimeoutError:
            log.info("The player did not say where it stopped; its last report counts.")
        finally:
            self._settle(reply)

    def _settle(self, reply: Reply) -> None:
        """Write what was heard of `reply` into history, once, and tell the web."""
        reply.settled = True
        heard = reply.heard
        if heard:
            self._state.history.append(Message("assistant", heard))
        self._outbox.put_now(State(self._state.snapshot(), self._state.turn, reply.turn, heard, reply.cut))


async def _one(text: str) -> AsyncGenerator[str]:
    yield text
