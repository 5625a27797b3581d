"""The agent's side of a conversation: one reply at a time, cut by an interruption, settled as heard.

A reply walks through the flow (`walk.py`) in one task, behind a gate. What may be the caller's whole
turn is answered at once (`guess`); the gate is opened when the turn is over (`answer`), and a guess
that proves wrong leaves no trace. A reply is *settled* when it is known how much of it the caller
heard; only then does it enter history, and only then can the next prompt be made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from inference import metrics
from inference.draft import Draft
from inference.errors import EngineError
from inference.events import Failed, Interrupted, Message, Open, Playback, ReplyDone, State
from inference.flow import at
from inference.flow.state import FlowState
from inference.flow.steps import Answer, Heard, Listen, Silence, Step
from inference.gate import Gate
from inference.lateness import fill_in, timing_of
from inference.live_state import LiveState
from inference.masking import hidden
from inference.memory import Memory
from inference.outbox import Outbox
from inference.phrases import PhraseName, phrase
from inference.reading import ReadingAhead
from inference.reply import Clock, Marks, Reply
from inference.speaking import Speaking
from inference.used import Meter
from inference.walk import Walker

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.25
"""How long a new reply waits to learn where the player stopped the old one."""
MIDST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the flow stands, what it needs there, and words that the caller has said before these."""

    flow: FlowState
    step: Step | None
    words: str = ""


class Replier:
    """Starts, speaks, cuts and settles the replies of one conversation."""

    def __init__(
        self,
        opening: Open,
        state: LiveState,
        *,
        walker: Walker,
        ahead: ReadingAhead,
        memory: Memory,
        speaking: Speaking,
        outbox: Outbox,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        quiet: Callable[[], None] = lambda: None,
        meter: Meter | None = None,
    ) -> None:
        """`quiet` is told when the agent has said all that it has to say."""
        self._rate_out = opening.media.rate_out
        self._state = state
        self._walker = walker
        self._ahead = ahead
        self._memory = memory
        self._speaking = speaking
        self._outbox = outbox
        self._tasks = tasks
        self._clock = clock
        self._quiet = quiet
        self._meter = meter or Meter()
        self._draft: Draft | None = None
        """An answer to what may be the caller's turn."""
        self._wasted = 0
        """Drafts dropped since the last turn."""
        self._given: Draft | None = None
        """The last answer that was given."""
        self._reply: Reply | None = None
        self._task: asyncio.Task[None] | None = None
        self._playback_moved = asyncio.Event()

    # --- starting -----------------------------------------------------------------------------

    def enter(self, greeting: str = "") -> None:
        """Say `greeting`, and whatever the flow says before it listens for the first time."""
        self._start(self._go_on(None, greeting))

    def say(self, text: str) -> None:
        """Say a fixed sentence; its audio comes from the shared cache."""
        self._start(self._say(text))

    def say_phrase(self, name: PhraseName) -> None:
        self.say(phrase(name, self._state.spec.language))

    def answer(self, text: str, marks: Marks, *, keypad: bool = False, unsure: bool = False) -> None:
        """Answer the caller's `text`, which joins history after what was heard of the last reply.

        `unsure`: the words were hardly understood.
        """
        self._start(self._answer(text, marks, keypad=keypad, unsure=unsure))

    def hear_silence(self) -> None:
        """The caller says nothing: the flow knows what to do."""
        self._start(self._go_on(Silence()))

    def resume_cut_reply(self) -> None:
        """The interruption was nothing: go on where the caller stopped hearing."""
        self._start(self._resume())

    def read_ahead(self, line: Message) -> None:
        """Read the prompts that will hold `line` into the cache before they are needed.

        The caller's words so far, while they speak; the greeting and all before it, while it plays.
        """
        self._ahead.read(Message("user", self.kept(line.text)) if line.role == "user" else line)

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
        draft = self._draft
        if draft is not None and draft.answers(text, self._state.history, self._place().flow):
            if sure:
                draft.confirm()
            return True
        self.drop_guess()
        self._draft = self._begin(text, sure=sure)
        return True

    def drop_guess(self) -> None:
        """The caller went on, or wants something else: what was begun is void."""
        draft, self._draft = self._draft, None
        if draft is not None and draft.task is not None:
            draft.task.cancel()
            self._wasted += 1
            metrics.guessed("wasted")

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._task = self._tasks.create_task(work)

    # --- where it stands ------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """A reply is being made or played."""
        running = self._task is not None and not self._task.done()
        return running or (self._reply is not None and self._reply.playing())

    @property
    def settled(self) -> bool:
        """It is known, and told, how much of the last reply was heard."""
        return self._reply is None or self._reply.settled

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

    @property
    def interruptible(self) -> bool:
        """False while something is said that the caller has to hear."""
        reply = self._reply
        return reply is None or not self.busy or reply.played >= reply.guarded

    def kept(self, text: str) -> str:
        """What may be kept of the caller's words: all of them, unless the flow asks for something masked."""
        place = self._place()
        if isinstance(place.step, Listen) and not place.step.masked:
            return text
        return hidden(text, at(self._state.spec.flow, place.flow))

    def _place(self) -> Place:
        """Where the flow hears what the caller says now.

        An answer of which nothing was heard has not been given: the caller went on, and all of it is one turn.
        """
        last = self._given
        if last is None or last.reply is not self._reply or not isinstance(last.answer, Heard):
            return Place(self._state.flow, self._state.step)
        if not last.reply.cut or last.reply.heard or last.acted:
            return Place(self._state.flow, self._state.step)
        return Place(last.begun, last.before, last.answer.text)

    # --- one reply ------------------------------------------------------------------------------

    async def _say(self, text: str) -> None:
        await self._settled()
        draft = self._unasked(None)
        await self._deliver(draft, lambda: self._speaking.say(draft, text))

    async def _go_on(self, answer: Answer | None, lead: str = "") -> None:
        """Walk on though the caller has said nothing; `lead` comes first."""
        await self._settled()
        draft = self._given = self._unasked(answer)
        await self._deliver(draft, lambda: self._led(draft, lead))

    async def _led(self, draft: Draft, lead: str) -> None:
        if lead:
            await self._speaking.say(draft, lead)
        await self._walker.walk(draft)

    def _unasked(self, answer: Answer | None) -> Draft:
        """A reply that nobody has spoken before, as a turn of its own if the last one had its reply."""
        state = self._state
        if self._reply is not None and self._reply.turn == state.turn:
            state.turn += 1
        self._reply = Reply(state.turn, self._speaking.aloud)
        draft = Draft(
            "", [*state.history], state.flow, self._reply, Gate(self._outbox), answer=answer, before=state.step
        )
        draft.marks.start = self._clock()
        draft.gate.open(state.turn)
        return draft

    async def _answer(self, text: str, marks: Marks, *, keypad: bool, unsure: bool) -> None:
        try:
            await self._settled()
        except asyncio.CancelledError:  # Spoken on while we waited: the words still belong to history.
            self._state.history.append(Message("user", self.kept(text)))
            raise
        draft = self._take_draft(text, keypad=keypad) or self._begin(text, keypad=keypad)
        draft.unsure = unsure
        try:
            await self._give(draft, marks)
        finally:
            await draft.drop()

    def _take_draft(self, text: str, *, keypad: bool) -> Draft | None:
        """The answer to `text`, if it has been begun."""
        draft = self._draft
        if draft is None or keypad or not draft.answers(text, self._state.history, self._place().flow):
            self.drop_guess()
            return None
        self._draft = None
        metrics.guessed("used")
        return draft

    def _begin(self, text: str, *, sure: bool = True, keypad: bool = False) -> Draft:
        """Answer `text`, behind a closed gate."""
        self._ahead.stop()
        place = self._place()
        draft = Draft(
            text,
            [*self._state.history],
            place.flow,
            Reply(self._state.turn, self._speaking.aloud),
            Gate(self._outbox),
            sure=sure,
            line=self.kept(text),
            answer=Heard(text.rstrip("#"), keypad=True) if keypad else Heard(f"{place.words} {text}".strip()),
            before=place.step,
        )
        draft.marks.mark("begun", self._clock())
        draft.task = self._tasks.create_task(self._deliver(draft, lambda: self._walker.walk(draft), timed=True))
        return draft

    async def _give(self, draft: Draft, asked: Marks) -> None:
        """The turn is over: `draft` is its answer. `asked`: when the caller ended it and when that was noticed."""
        reply, marks = draft.reply, draft.marks
        reply.turn = self._state.turn
        marks.start, marks.speech_end = asked.start, asked.speech_end
        marks.at.update(asked.at)
        self._reply, self._given = reply, draft
        # In the words that were answered: they are in the cache, and what the model remembers being asked.
        self._state.history.append(Message("user", draft.line))
        # No wait before the gate is open: a draft that fails behind it is silent, and this one is the answer.
        self._outbox.put_now(State(self._state.snapshot(), self._state.turn))
        draft.confirm()
        draft.gate.open(reply.turn)
        self._walker.show(draft)
        late = self._state.spec.turns.filler_ms / 1000
        filling = self._tasks.create_task(fill_in(draft, late, self._speaking, self._clock))
        try:
            if draft.task is not None:
                await draft.task
        finally:
            filling.cancel()

    async def _resume(self) -> None:
        await self._settled()
        if self._reply is not None and self.cut_short:
            await self._say(self._reply.rest)

    async def _deliver(self, draft: Draft, work: Callable[[], Awaitable[None]], *, timed: bool = False) -> None:
        """Do `work`, which speaks. A failing engine ends in a spoken apology. `timed`: somebody waited for this reply."""
        reply, gate = draft.reply, draft.gate
        try:
            await work()
            if not reply.text and not reply.end and timed:
                await self._speaking.say(draft, phrase("say_again", self._state.spec.language))
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
                self._state.history += draft.thought.lines
                self._walker.commit(draft)
                if isinstance(draft.answer, Heard):
                    self._state.count_miss(draft.unsure or draft.state.missed)
                if timed:
                    self._tell_timing(draft)
        reply.finished = True
        if reply.text or reply.end or timed:
            await gate.put(ReplyDone(reply.turn, reply.text, reply.sent, reply.end))
        self._memory.after_turn()
        self.settle_played()
        if draft.waits:
            self._ahead.read_question(reply)

    async def _apologise(self, draft: Draft) -> None:
        try:
            await self._speaking.say(draft, phrase("failed", self._state.spec.language))
        except EngineError as error:
            # No voice at all: the web side plays what it has cached when it sees this code.
            await draft.gate.put(Failed("voice_failed", error.message, turn=draft.reply.turn))

    def _tell_timing(self, draft: Draft) -> None:
        wasted, self._wasted = self._wasted, 0
        draft.gate.put_now(timing_of(draft, wasted, self._meter))

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
        self._playback_moved.set()  # Whoever waits for its end has it.
        metrics.interrupted()
        self._state.turn += 1
        self._outbox.interrupt(Interrupted(self._state.turn))

    def stop(self) -> None:
        """The conversation ends: so does what is being said."""
        self.drop_guess()
        self._ahead.end()
        if self._task is not None:
            self._task.cancel()

    def fall_silent(self) -> None:
        """Somebody else talks: what was being said, and what was begun or read ahead, is not gone on with."""
        self.drop_guess()
        self._ahead.stop()
        self._given = None
        if self._reply is not None:
            self._reply.over = True

    async def silence(self) -> None:
        """Wait until what is being said has come to its end, or was cut."""
        while self.busy:
            task = self._task
            if task is not None and not task.done():
                await asyncio.wait([task])
            else:
                self._playback_moved.clear()
                await self._playback_moved.wait()

    async def settle(self) -> None:
        """Have history hold what was heard of the last reply, unless it is still playing."""
        if self._reply is not None and not self._reply.playing():
            await self._settled()

    def on_playback(self, playback: Playback) -> None:
        """The player's report of the current reply."""
        if self._reply is not None and playback.turn == self._reply.turn:
            self._reply.on_playback(playback.samples, playback.done)
            self._speaking.on_playback()
            self._playback_moved.set()

    def settle_played(self) -> str:
        """Settle a reply that has come to its end; the reason when the conversation ends with it."""
        reply = self._reply
        if reply is None or reply.settled or reply.cut or reply.playing():
            return ""
        self._settle(reply)
        if not reply.end:
            self._quiet()
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
        if reply.settled:
            return
        reply.settled = True
        heard = reply.heard
        if reply.instructions and 2 * len(heard) >= len(reply.text):
            self._state.followed(len(reply.instructions))
        if heard:
            self._state.history.append(Message("assistant", heard))
        if reply.sent and not reply.accounted:
            self._meter.answered("synthesizer")
        used = self._meter.take("chat", "synthesizer")
        self._outbox.put_now(State(self._state.snapshot(), self._state.turn, reply.turn, heard, reply.cut, used))
