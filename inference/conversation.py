"""A conversation: `hear()` takes what the web sends, `events()` gives what the web must know.

One task group holds the listen loop and at most one reply task. Caller audio goes through the `Ear`
to decisions; a decision starts or cuts a reply of the `Replier`. Typed text enters at the same
place. History records what was heard, not what was generated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Literal

import msgspec

from inference import metrics
from inference.agent_side import agent_side
from inference.audio import AudioFrame
from inference.ear import Ear, EarEvent, HearingFailed, Words
from inference.early import Early
from inference.engine_set import Engines
from inference.events import (
    LEAVING,
    Audio,
    Close,
    Control,
    Down,
    Dtmf,
    Failed,
    Floor,
    Heard,
    Message,
    Open,
    Partial,
    Playback,
    Ready,
    SpeechStarted,
    State,
    Text,
    ToolResult,
    Up,
)
from inference.flow.steps import Listen
from inference.handoff import Handoff
from inference.inbox import Inbox
from inference.judging import Judge
from inference.keypad import Keypad
from inference.language_change import LanguageChange
from inference.languages import Spoken
from inference.listening import Listening, next_message
from inference.live_state import LiveState
from inference.memory import Memory
from inference.outbox import Outbox
from inference.phrases import is_backchannel, may_be_listening, mumbled
from inference.quiet import Quiet, patience
from inference.replier import Replier
from inference.reply import Clock, Marks
from inference.take_over import TakeOver
from inference.thinker import Thinker
from inference.turns import (
    EndOfTurn,
    Interrupt,
    NoTurn,
    Pause,
    PauseOver,
    Settle,
    SpeechBegan,
    Stir,
)
from inference.walk import Walker, now
from inference.whisper import Whisper

UNSURE = 0.45
"""Confidence below which a turn counts as hardly understood (`LiveState.misses`)."""


class Conversation:
    """One conversation on one leg. Run `run()` as a task, feed `hear`, read `events`."""

    _tasks: asyncio.TaskGroup
    _listening: Listening
    _memory: Memory
    _thinker: Thinker
    _handoff: Handoff
    _tongue: LanguageChange
    _walker: Walker
    _whisper: Whisper
    _replier: Replier
    _take_over: TakeOver
    _early: Early
    _keypad: Keypad
    _quiet: Quiet
    _ear: Ear | None = None

    def __init__(
        self,
        opening: Open,
        engines: Engines,
        *,
        worker: str = "",
        clock: Clock = time.monotonic,
        wall: Callable[[], datetime] = now,
    ) -> None:
        self._opening = opening
        self._media = opening.media
        self._engines = engines
        self._worker = worker
        self._clock = clock
        self._wall = wall
        self._state = LiveState.resume(opening.state, opening.spec)
        self._paused = False
        self._on_hold = False
        """Nobody listens to the caller's voice."""
        self._began = False
        self._inbox = Inbox()
        self._outbox = Outbox()
        self._floor: Literal["duck", "hold", "release"] = "release"
        """What the web was last told about the caller's voice over the agent's."""
        self._listens = Listen()
        """How the flow wants the caller to be listened to."""

    # --- the two ends -------------------------------------------------------------------------

    def hear(self, message: Up) -> None:
        """Take a message from the web. Never waits: a full inbox drops its oldest audio."""
        if isinstance(message, ToolResult):
            self._thinker.answer(message)
            return
        if isinstance(message, Playback):
            self._replier.on_playback(message)
        self._inbox.put(message)

    def events(self) -> AsyncGenerator[Down]:
        """What the web must know, in order; ends when the conversation has ended."""
        return self._outbox.messages()

    @property
    def at_rest(self) -> bool:
        """Between two turns: nobody speaks or types, nothing is being said, and the last State tells all of it."""
        if not self._began or self._keypad.pressed or self._take_over.returning:
            return False
        speaking = self._ear is not None and self._ear.turns.speaking
        return not (speaking or self._replier.busy) and self._replier.settled

    def offer_to_leave(self) -> None:
        """Tell the web that now is a moment to open the conversation at another worker."""
        self._outbox.put_now(Failed(LEAVING, "This worker is about to stop.", turn=self._state.turn))

    async def run(self) -> None:
        """The conversation, until Close, its own end, or cancellation."""
        async with AsyncExitStack() as stack:
            stack.callback(self._outbox.close)
            self._memory = await stack.enter_async_context(Memory.open(self._opening, self._state, self._engines.chat))
            judge = Judge(self._engines.chat)
            stack.push_async_callback(judge.aclose)
            self._listening = Listening(self._media, self._engines, stack)
            async with asyncio.TaskGroup() as self._tasks:
                self._keypad = Keypad(self._tasks, self._take_digits)
                self._quiet = Quiet(self._tasks, self._hear_silence)
                self._make_agent_side(judge)
                if self._media.kind == "voice":
                    self._ear = await self._listening.open(self._state.spec, self._tasks, self._on_ear, self._clock)
                await self._outbox.put(Ready(self._worker, self._state.turn, self._engines.resident))
                if self._state.agent:
                    await self._handoff.go_back()
                else:
                    await self._tongue.resume()
                self._begin()
                self._began = True
                await self._listen()
                self._stop()
            if used := self._engines.meter.take():  # Of answers that were begun, and notes that were made, at the end.
                self._outbox.put_now(State(self._state.snapshot(), self._state.turn, used=used))

    def _make_agent_side(self, judge: Judge) -> None:
        side = agent_side(
            self._opening,
            self._state,
            self._engines,
            memory=self._memory,
            judge=judge,
            outbox=self._outbox,
            tasks=self._tasks,
            clock=self._clock,
            wall=self._wall,
            ears=self._listening,
            listening=self._listen_for,
            hearing=self._follow_language,
            quiet=self._wait_in_silence,
            speaking=lambda: self._ear is not None and self._ear.turns.speaking,
        )
        self._thinker, self._handoff, self._tongue = side.thinker, side.handoff, side.tongue
        self._whisper = side.whisper
        self._walker, self._replier, self._take_over = side.walker, side.replier, side.take_over
        self._early = Early(self._replier, self._engines.busy)

    # --- listening ----------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            match await next_message(self._inbox, self._ear):
                case Audio(pcm=pcm) if not self._on_hold:
                    await self._hear_audio(pcm)
                case Text(text=text, id=message_id):
                    if text.strip():
                        await self._take_written_turn(Heard(0, text.strip(), source="text", id=message_id))
                case Dtmf(digit=digit):
                    self._quiet.end()
                    self._keypad.press(digit, wanted=self._listens.keypad if self._answers else 0)
                case Control() as control:
                    await self._control(control)
                case Playback():
                    if self._replier.settle_played():
                        return
                case Close():
                    return

    async def _hear_audio(self, pcm: bytes) -> None:
        if self._ear is not None:
            turns, replier = self._ear.turns, self._replier
            turns.agent_speaking = replier.busy
            turns.interruptible = self._state.spec.turns.interruptible and replier.interruptible
            await self._ear.feed(AudioFrame(pcm, self._media.rate_in).samples)

    async def _on_ear(self, event: EarEvent) -> None:
        match event:
            case Stir():
                await self._yield("duck")
            case Settle():
                await self._yield("release")
            case SpeechBegan(sample=sample):
                self._early.begin()
                self._memory.pause()
                self._quiet.end()
                await self._outbox.put(SpeechStarted(sample, self._state.turn))
                await self._hold()
            case Words():
                await self._outbox.put(Partial(self._replier.kept(event.text), self._state.turn))
                if event.pause and self._is_listening(event.text, event.confidence):
                    # Not only when the turn is decided: the agent would be mute till then.
                    await self._yield("release")
                elif self._tongue.wanted_by(event.spoken):
                    self._replier.drop_guess()  # The answer will be in another language.
                elif self._answers and not self._replier.busy:
                    self._early.prepare(event)
            case Interrupt():
                await self._interrupt()
            case EndOfTurn():
                await self._end_of_turn(event)
            case NoTurn(interrupted=interrupted):
                await self._no_turn(interrupted)
            case HearingFailed(code=code):
                await self._outbox.put(Failed(code, "The words could not be recognised.", turn=self._state.turn))
                if self._answers:
                    self._state.count_miss(missed=True)
                    await self._interrupt()
                    self._replier.say_phrase("not_heard")
            case PauseOver():
                self._replier.drop_guess()
                await self._hold()
            case Pause():
                pass
        self._take_over.moved()

    async def _hold(self) -> None:
        if self._replier.busy and self._state.spec.turns.interruptible and self._replier.interruptible:
            await self._yield("hold")

    async def _yield(self, move: Literal["duck", "hold", "release"]) -> None:
        """Let the caller have the floor for now, or take it back."""
        if move == self._floor:
            return
        self._floor = move
        await self._outbox.put(Floor(move, self._state.turn))

    async def _end_of_turn(self, end: EndOfTurn) -> None:
        now = self._clock()
        if self._is_listening(end.text, end.confidence) or not self._replier.interruptible:
            await self._no_turn(interrupted=self._replier.cut_short)
            return
        await self._interrupt()
        self._state.turn += 1
        marks = Marks(self._ear.arrived(end.speech_end) if self._ear else now, end.speech_end)
        if self._ear is not None:
            marks.mark("paused", self._ear.paused_at)
            marks.mark("words", self._ear.words_at)
        marks.mark("decided", now)
        spoken = self._ear.spoken if self._ear is not None else None
        heard = Heard(
            self._state.turn,
            end.text,
            end.speech_start,
            end.speech_end,
            confidence=end.confidence,
            language=spoken.language if spoken is not None else "",
            language_probability=round(spoken.probability, 3) if spoken is not None else 0.0,
        )
        await self._take_turn(heard, marks, spoken)

    def _is_listening(self, text: str, confidence: float) -> bool:
        """Whether these words over the agent's only say "I am listening", or agree in the midst of what it says."""
        if self._replier.cut_short:
            return is_backchannel(text)
        if not self._replier.busy:
            return False
        in_the_midst = self._replier.in_the_midst and (may_be_listening(text) or mumbled(text, confidence))
        return in_the_midst or is_backchannel(text)

    async def _interrupt(self) -> None:
        self._floor = "release"
        await self._replier.interrupt()

    async def _no_turn(self, interrupted: bool) -> None:
        """What was heard is no turn: an agent that was held or stopped for it goes on."""
        self._replier.drop_guess()
        await self._yield("release")
        await self._outbox.put(Partial("", self._state.turn))
        if interrupted:
            self._replier.resume_cut_reply()
        elif not self._replier.busy:
            self._memory.after_turn()
            self._wait_in_silence()

    async def _take_written_turn(self, heard: Heard) -> None:
        """A turn that did not come by voice; what was being said at that moment is void."""
        self._quiet.end()
        await self._interrupt()
        if self._ear is not None:
            self._ear.forget()
        self._state.turn += 1
        await self._take_turn(
            Heard(self._state.turn, heard.text, source=heard.source, id=heard.id), Marks(self._clock())
        )

    async def _take_turn(self, heard: Heard, marks: Marks, spoken: Spoken | None = None) -> None:
        metrics.turn_taken(heard.source)
        kept = self._replier.kept(heard.text)
        if heard.source == "voice":
            self._engines.meter.answered("transcriber")
        used = self._engines.meter.take("transcriber")
        await self._outbox.put(msgspec.structs.replace(heard, text=kept, used=used))
        if self._answers:
            await self._tongue.follow(spoken, heard.turn)
            unsure = heard.source == "voice" and heard.confidence < UNSURE
            self._replier.answer(heard.text, marks, keypad=heard.source == "dtmf", unsure=unsure)
        else:
            await self._take_over.heard(kept)

    @property
    def _answers(self) -> bool:
        return not self._paused and not self._on_hold and self._take_over.agent_answers

    def _begin(self) -> None:
        spec, history = self._state.spec, self._state.history
        greeting = spec.greeting if not self._state.greeted else ""
        new, self._state.greeted = not self._state.greeted, True
        listens = isinstance(self._walker.enter(), Listen)
        if self._take_over.resume():
            return
        if self._opening.again and not new and self._answers:
            self._replier.enter(self._walker.take_up_again())
            return
        unanswered = bool(history) and history[-1].role == "user" and self._media.kind == "text" and self._answers
        if listens and greeting:
            self._replier.say(greeting)
            self._replier.read_ahead(Message("assistant", greeting))
        elif listens and unanswered:
            # The worker that should have answered is gone. On a call the web asks the caller to repeat.
            self._replier.answer(history.pop().text, Marks(self._clock()))
        elif not listens and (new or unanswered):
            self._replier.enter(greeting)

    # --- what the flow wants --------------------------------------------------------------------

    def _listen_for(self, listens: Listen) -> None:
        """How the caller is listened to from now on."""
        self._listens = listens
        if self._ear is not None:
            self._ear.turns.expect(listens.expects)
        self._follow_language()

    def _follow_language(self) -> None:
        if self._ear is not None and self._listening.language != self._state.spec.language:
            self._tasks.create_task(self._listening.follow(self._state.spec, self._ear))

    def _wait_in_silence(self) -> None:
        """The agent has said all it has to say: the caller's silence counts from here."""
        self._quiet.begin(patience(self._state.spec) if self._ear is not None and self._answers else 0.0)

    def _hear_silence(self) -> None:
        speaking = self._ear is not None and self._ear.turns.speaking
        if not speaking and not self._replier.busy and not self._keypad.pressed and self._answers:
            self._replier.hear_silence()

    def _stop(self) -> None:
        self._take_over.stop()
        self._whisper.stop()
        self._replier.stop()
        self._quiet.end()
        self._keypad.stop()
        if self._ear is not None:
            self._ear.forget()

    async def _take_digits(self, digits: str) -> None:
        await self._take_written_turn(Heard(0, digits, source="dtmf"))

    async def _control(self, control: Control) -> None:
        match control.action:
            case "pause" | "hold":
                self._paused, self._on_hold = True, control.action == "hold"
                self._quiet.end()
                await self._interrupt()
                if self._ear is not None and self._on_hold:
                    self._ear.forget()
            case "resume":
                self._paused = self._on_hold = False
                self._wait_in_silence()
            case "owner" if control.text == "human":
                self._quiet.end()
                if self._state.owner == "ai":
                    await self._interrupt()
                self._count_from(control.turn)
                await self._take_over.begin()
            case "owner":
                self._count_from(control.turn)
                self._take_over.give_back(control.node)
            case "told" if control.text.strip():
                self._count_from(control.turn)
                await self._take_over.told(control.text.strip())
            case "say" if control.text.strip():
                self._quiet.end()
                await self._interrupt()
                self._replier.say(control.text)
            case "instruct" if control.text.strip():
                self._instruct(control.text)

    def _count_from(self, turn: int) -> None:
        """The web has used turns up to this one for words of its own: what is said from now on is newer."""
        self._state.turn = max(self._state.turn, turn)

    def _instruct(self, text: str) -> None:
        """The next answer follows it: what was begun before does not."""
        self._state.instruct(text)
        self._replier.drop_guess()
        self._whisper.prepare()
        self._outbox.put_now(State(self._state.snapshot(), self._state.turn))
