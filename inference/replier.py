"""The agent's side of a conversation: one reply at a time, cut by an interruption, settled as heard.

A reply runs `Thinker` → clauses → `Mouth` in one task. It is *settled* when it is known how much of
it the caller heard; only then does it enter history, and only then can the next prompt be made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing

from inference import metrics
from inference.engines.base import ChatOptions, Synthesizer
from inference.errors import EngineError
from inference.events import Failed, Interrupted, Message, Open, Playback, ReplyDone, State, Timing
from inference.fixed_speech import FixedSpeech
from inference.flow import End, Generate, follow_else, next_step
from inference.live_state import LiveState
from inference.mouth import Mouth
from inference.outbox import Outbox
from inference.phrases import PhraseName, phrase
from inference.prompt import prompt
from inference.reply import Clock, Marks, Reply
from inference.text import clauses, readable
from inference.thinker import Thinker, Thought

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.25
"""How long a new reply waits to learn where the player stopped the old one."""


class Replier:
    """Starts, speaks, cuts and settles the replies of one conversation."""

    def __init__(
        self,
        opening: Open,
        state: LiveState,
        *,
        thinker: Thinker,
        synthesizer: Synthesizer,
        fixed_speech: FixedSpeech,
        outbox: Outbox,
        tasks: asyncio.TaskGroup,
        clock: Clock,
    ) -> None:
        self._spec = opening.spec
        self._caller = opening.caller
        self._spoken = opening.media.kind == "voice"
        self._state = state
        self._thinker = thinker
        self._synthesizer = synthesizer
        self._fixed_speech = fixed_speech
        self._outbox = outbox
        self._tasks = tasks
        self._clock = clock
        self._mouth = Mouth(
            synthesizer=synthesizer, voice=opening.spec.voice, media=opening.media, outbox=outbox, clock=clock
        )
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
        if self._prefill_task is not None:
            self._prefill_task.cancel()
        messages = prompt(self._spec, step.node, self._caller, [*self._state.history, line])
        self._prefill_task = self._tasks.create_task(self._thinker.prefill(messages, step.tools))

    def guess(self, text: str) -> None:
        """Begin to answer `text` while the caller's silence is still being judged.

        Not before it is known what was heard of a reply that the caller has cut: that is in the prompt.
        """
        reply = self._reply
        if reply is not None and reply.cut and not reply.settled and (reply.reported or not reply.sent):
            self._settle(reply)
        step = next_step(self._spec.flow, self._state.node)
        if isinstance(step, Generate) and (reply is None or reply.settled):
            history = [*self._state.history, Message("user", text)]
            messages = prompt(self._spec, step.node, self._caller, history)
            self._thinker.guess(self._tasks, messages, step.tools, self._options)

    def drop_guess(self) -> None:
        self._thinker.drop_guess()

    @property
    def _options(self) -> ChatOptions:
        return ChatOptions(self._spec.models.temperature, self._spec.models.max_tokens)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._task = self._tasks.create_task(work)

    # --- one reply ----------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """A reply is being made or played."""
        running = self._task is not None and not self._task.done()
        return running or (self._reply is not None and self._reply.playing())

    @property
    def cut_short(self) -> bool:
        """The last reply was cut and something of it is left to say."""
        return self._reply is not None and self._reply.cut and bool(self._reply.rest)

    async def _say(self, text: str) -> None:
        await self._settled()
        reply = self._reply = Reply(self._state.turn, self._spoken)
        await self._deliver(reply, None, _one(text), Thought(), fixed=True)

    async def _answer(self, text: str, marks: Marks) -> None:
        try:
            await self._settled()
        finally:  # Spoken on while we waited: the words still belong to history.
            self._state.history.append(Message("user", text))
        await self._outbox.put(State(self._state.snapshot(), self._state.turn))
        reply = self._reply = Reply(self._state.turn, self._spoken)
        thought = Thought()
        step = next_step(self._spec.flow, self._state.node)
        match step:
            case Generate(node=node, tools=tools):
                messages = prompt(self._spec, node, self._caller, self._state.history)
                words = self._thinker.think(
                    messages, tools, self._options, turn=reply.turn, marks=marks, thought=thought
                )
                self._state.node = follow_else(self._spec.flow, self._state.node) or self._state.node
                await self._deliver(reply, marks, words, thought)
            case End(node=node):
                reply.end = node.reason
                await self._deliver(reply, marks, _one(node.text), thought, fixed=True)

    async def _resume(self) -> None:
        await self._settled()
        if self._reply is not None and self.cut_short:
            await self._say(self._reply.rest)

    async def _deliver(
        self, reply: Reply, asked: Marks | None, words: AsyncGenerator[str], thought: Thought, *, fixed: bool = False
    ) -> None:
        """Speak `words`. A failing engine ends in a spoken apology.

        `asked` is when the caller ended the turn this answers: its timing is told in any case.
        """
        marks = asked or Marks(self._clock())
        try:
            await self._speak(reply, marks, words, fixed=fixed)
            if not reply.text and not reply.end:
                await self._speak(reply, marks, _one(phrase("say_again", self._spec.language)), fixed=True)
        except EngineError as error:
            log.warning("Reply to turn %s failed (%s): %s", reply.turn, error.code, error.message)
            metrics.engine_failed("reply", error.code)
            await self._outbox.put(Failed(error.code, error.message, turn=reply.turn))
            await self._apologise(reply, marks)
        finally:
            self._state.history += thought.tool_lines
            if asked is not None:
                self._tell_timing(reply, asked, thought)
        reply.finished = True
        await self._outbox.put(ReplyDone(reply.turn, reply.text, reply.sent, reply.end))
        self.settle_played()

    async def _speak(self, reply: Reply, marks: Marks, words: AsyncGenerator[str], *, fixed: bool) -> None:
        spec = self._spec
        pieces = (
            clauses(words, language=spec.language, pronunciations=spec.pronunciations)
            if self._spoken
            else readable(words)
        )
        async with aclosing(words), aclosing(pieces) as lines:
            if fixed:
                await self._mouth.say(
                    reply,
                    lines,
                    marks,
                    lambda texts: self._fixed_speech.speak(self._synthesizer, spec.voice, texts),
                )
            else:
                await self._mouth.say(reply, lines, marks)

    async def _apologise(self, reply: Reply, marks: Marks) -> None:
        try:
            await self._speak(reply, marks, _one(phrase("failed", self._spec.language)), fixed=True)
        except EngineError as error:
            # No voice at all: the web side plays what it has cached when it sees this code.
            await self._outbox.put(Failed("voice_failed", error.message, turn=reply.turn))

    def _tell_timing(self, reply: Reply, marks: Marks, thought: Thought) -> None:
        spans = marks.spans()
        metrics.reply_spans(spans)
        metrics.reply_tokens(thought.prompt_tokens, thought.cached_tokens, thought.reply_tokens)
        self._outbox.put_now(
            Timing(
                reply.turn,
                spans,
                speech_end=marks.speech_end,
                prompt_tokens=thought.prompt_tokens,
                cached_tokens=thought.cached_tokens,
                reply_tokens=thought.reply_tokens,
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
        self._thinker.drop_guess()
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
