"""A live leg: one channel and one worker, joined. One TaskGroup; when any of its tasks ends, all do.

Caller frames go to the worker, its events come back as channel events, agent audio through the
pacer. Nothing here touches the database: what is worth keeping is handed to the recorder.
The pieces that decide (pacer schedule, waterfall, transcript, caller clock) are pure and apart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import assert_never

import msgspec

from channels_io.base import Channel, CloseCode
from channels_io.end_reasons import EndReason, known_reason
from channels_io.live import messages as out
from channels_io.live.backstage import Backstage, no_backstage
from channels_io.live.caller_clock import CallerClock
from channels_io.live.facts import LegFacts
from channels_io.live.hold_lines import HoldLines
from channels_io.live.limits import Limits
from channels_io.live.lines import Line, SpeechCache
from channels_io.live.messages import CallerAudio, Gone, Hangup, Inbound, Ping, Played, Refused
from channels_io.live.no_worker import end_without_worker
from channels_io.live.operator import Operator
from channels_io.live.own_words import OwnWords
from channels_io.live.recorder import Recorder
from channels_io.live.ringing import Ringing
from channels_io.live.speaker import SessionEnded, Speaker
from channels_io.live.tool_runner import NoTools, Toolbox, ToolRunner
from channels_io.live.transcript import Transcript
from channels_io.live.typed import Typed
from channels_io.live.waiting_line import WaitingLine
from channels_io.live.watched import WatchedChannel, WatchedRecorder
from channels_io.live.waterfall import Measured
from channels_io.live.worker import Workers
from channels_io.live.worker_line import WorkerLine
from inference import events as wire
from inference.errors import WorkerError, WorkerFull

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.05
LEFT_AS = (EndReason.HUNG_UP, EndReason.LOST, EndReason.AGENT_ENDED, EndReason.SILENCE)
"""How it looks from here when the caller has gone elsewhere."""


class LiveSession:
    def __init__(
        self,
        channel: Channel,
        facts: LegFacts,
        workers: Workers,
        recorder: Recorder,
        *,
        speech: SpeechCache,
        tools: Toolbox | None = None,
        limits: Limits | None = None,
        waiting: WaitingLine | None = None,
        clock: Callable[[], float] | None = None,
        observe: Callable[[Measured], None] = lambda measured: None,
        backstage: Backstage | None = None,
    ) -> None:
        """`observe` is told of each turn when its waterfall is complete. `backstage`: how people outside reach the leg."""
        self._clock = clock or asyncio.get_running_loop().time
        backstage = backstage or no_backstage(channel, facts, self._clock)
        callers_own, channel = channel, WatchedChannel(channel, backstage.watch)
        recorder = WatchedRecorder(recorder, backstage.watch)
        self._channel = channel
        self._facts = facts
        self._workers = workers
        self._recorder = recorder
        self._limits = limits or Limits()
        self._voice = channel.media.kind == "voice"
        self._started = self._last_inbound = self._clock()
        self._line = WorkerLine(workers, self, self._limits, self._clock, WaitingLine() if waiting is None else waiting)
        self._hold_lines = HoldLines(self._limits.comfort)
        self._waited = False
        self._transcript = Transcript(recorder.put, self._now_ms, channel.media.kind)
        self._tools = ToolRunner(facts, tools or NoTools(), self._line.send, self._transcript.event, self)
        self._speaker = Speaker(
            channel,
            recorder,
            self._transcript,
            self._tell_playback,
            limits=self._limits,
            clock=self._clock,
            observe=observe,
        )
        self._ringing = Ringing(channel, recorder, self._speaker.silent, self._clock)
        self._caller_clock = CallerClock(channel.media.rate_in)
        self._typed = Typed(channel, facts.known, self._line.send_text, self._fail)
        self._words = OwnWords(facts, channel, workers, speech, self._speaker, self._transcript, self.next_turn)
        self._state = facts.state or wire.ConversationState()
        self.turn = self._state.turn
        self._operator = Operator(
            self,
            facts,
            callers_own,
            backstage,
            recorder=recorder,
            transcript=self._transcript,
            workers=workers,
            tools=tools or NoTools(),
            limits=self._limits,
            clock=self._clock,
        )
        self._was_up = False
        self._local_turns: set[int] = set()
        self._answer_due: float | None = None
        self._say_again_at: float | None = None
        self._ending: tuple[EndReason, float] | None = None
        self._left: EndReason | None = None
        self._stopping: tuple[EndReason, int, str] | None = None
        self._settled = asyncio.Event()

    # --- the whole ------------------------------------------------------------------------------

    async def run(self) -> EndReason:
        """The leg from here to its end; returns the reason. Raises nothing but CancelledError."""
        try:
            end = await self._live()
        except Exception:  # The session's edge: one broken leg never harms another.
            logger.exception("Leg %s broke.", self._facts.leg)
            end = SessionEnded(EndReason.FAILED, CloseCode.SERVER_ERROR)
        finally:
            self._break_off()
        reason = self._left if self._left is not None and end.reason in LEFT_AS else end.reason
        try:
            async with asyncio.timeout(self._limits.send):
                await self._channel.send(out.Ended(reason))
                await self._channel.close(end.close_code)
        except TimeoutError:
            logger.info("Leg %s: the caller's side took no goodbye.", self._facts.leg)
        return reason

    def stop(self, reason: EndReason, close_code: int, message: str) -> None:
        """End the leg from outside, soon; the caller is told `message`. Any thread may call this."""
        self._stopping = (reason, close_code, message)

    async def ring(self, *, on: bool) -> None:
        if self._voice:
            self._ringing.ring(on=on)

    def leave(self, reason: str) -> None:
        self._left = known_reason(reason, EndReason.TRANSFERRED)

    def read_owner(self) -> None:
        """Who talks may have changed: look, soon."""
        self._operator.read_again()

    # --- led by a person (`operator.Led`) -------------------------------------------------------

    async def steer(self, control: wire.Control) -> bool:
        if await self._line.send(control):
            return True
        state = self._state
        if control.action == "told":
            said = wire.Message("assistant", control.text, wire.HUMAN)
            self._state = msgspec.structs.replace(state, history=(*state.history, said))
        elif control.action == "instruct":
            told = (*state.instructions, control.text)
            self._state = msgspec.structs.replace(state, instructions=told, unfollowed=state.unfollowed + 1)
        return False

    async def fall_silent(self) -> None:
        self._answer_due = None
        if not self._speaker.silent():
            await self._speaker.cut(self._speaker.newest)
        await self._speaker.release()

    def next_turn(self) -> int:
        self._begin_turn(self.turn + 1, follows=True)
        self._local_turns.add(self.turn)
        return self.turn

    def quiet(self) -> bool:
        return self._speaker.silent()

    def last_spoken(self) -> int:
        return self._speaker.newest

    async def say_line(self, line: Line) -> None:
        await self._words.say_soon(line)

    async def prepare(self, lines: tuple[Line, ...]) -> None:
        await self._words.prepare(lines)

    def end(self, reason: EndReason) -> None:
        self._ending = (reason, self._clock() + self._limits.goodbye)

    async def _live(self) -> SessionEnded:
        ended: SessionEnded | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear())
                tasks.create_task(self._talk_to_worker())
                tasks.create_task(self._watch())
                tasks.create_task(self._tools.run())
                tasks.create_task(self._operator.run())
                if self._voice:
                    tasks.create_task(self._speaker.run())
                    tasks.create_task(self._ringing.run())
                    tasks.create_task(self._words.keep_at_hand())
        except* SessionEnded as group:
            ended = _first(group)
        return ended or SessionEnded(EndReason.FAILED, CloseCode.SERVER_ERROR)

    # --- caller → worker ------------------------------------------------------------------------

    async def _hear(self) -> None:
        async for inbound in self._channel.inbound():
            if self._voice or isinstance(inbound, out.Text):
                self._last_inbound = self._clock()
            await self._on_inbound(inbound)

    async def _on_inbound(self, inbound: Inbound) -> None:
        match inbound:
            case CallerAudio():
                await self._on_audio(inbound)
            case out.Text():
                await self._typed.take(inbound)
            case out.Dtmf(digit=digit):
                # That a key was pressed, not which: it may be one of a card. The worker says what may be read.
                self._transcript.event("dtmf", {})
                await self._line.send(wire.Dtmf(digit))
            case Played():
                await self._speaker.on_played(inbound)
            case Ping():
                await self._channel.send(out.Pong())
            case Hangup():
                await self._hang_up(EndReason.HUNG_UP)
            case Gone():
                await self._hang_up(EndReason.LOST)
            case Refused(close_code=close_code, code=code, message=message):
                await self._fail(code, message, fatal=True)
                await self._hang_up(known_reason(code, EndReason.PROTOCOL), close_code)
            case _:
                assert_never(inbound)

    async def _on_audio(self, audio: CallerAudio) -> None:
        self._recorder.caller(audio.pcm, audio.arrived - self._started)
        if self._ending is None and await self._line.send(wire.Audio(audio.pcm)):
            self._caller_clock.sent(len(audio.pcm) // 2, audio.arrived)

    async def _tell_playback(self, turn: int, samples: int, *, done: bool) -> None:
        if turn not in self._local_turns:
            await self._line.send(wire.Playback(turn, samples, done))

    async def _hang_up(self, reason: EndReason, close_code: int = CloseCode.NORMAL) -> None:
        """End the leg once the worker has told its last state, or has had its moment to."""
        self._line.closing = True
        if self._line.connected:
            if self._voice:
                await self._tell_playback(self.turn, self._speaker.played(self.turn), done=True)
            self._settled.clear()
            await self._line.send(wire.Close(reason))
            try:
                async with asyncio.timeout(self._limits.hang_up_settle):
                    await self._settled.wait()
            except TimeoutError:
                logger.debug("Leg %s: what was heard last is estimated.", self._facts.leg)
        raise SessionEnded(reason, close_code)

    # --- the worker's line ----------------------------------------------------------------------

    async def _talk_to_worker(self) -> None:
        try:
            await self._line.run()
        except WorkerError as error:
            if isinstance(error, WorkerFull) and self._waited:
                await self._words.say_to_its_end("busy_goodbye", self._limits.goodbye)
            end, code, message = end_without_worker(error, was_up=self._was_up)
            await self._fail(code, message, fatal=True)
            raise end from error
        self._settled.set()

    def opening(self, *, resumed: bool) -> wire.Open:
        state: wire.ConversationState | None = self._facts.state
        if resumed:  # One turn on: on a voice leg the web's own "I'm back" takes it.
            owner = self._operator.owner_for_worker
            state = msgspec.structs.replace(self._state, turn=self.turn + 1, greeted=True, owner=owner)
        elif self._waited or self._facts.comeback:  # The worker's turns come after the web's own sentences.
            state = msgspec.structs.replace(state or self._state, turn=self.turn + 1)
        return wire.Open(
            self._facts.spec,
            self._facts.conversation,
            self._channel.media,
            state,
            caller=self._facts.caller,
            person=self._facts.person,
            facts=dict(self._facts.variables),
            again=self._facts.again and not resumed and not self._facts.comeback,
        )

    async def may_wait(self) -> bool:
        """A caller waits for a line only if a voice can say so."""
        if not self._voice:
            return False
        return await self._words.at_hand("busy")

    async def on_waiting(self, place: int) -> None:
        if not self._waited:
            self._transcript.event("waiting", {"place": place})
        self._waited = True
        self._last_inbound = self._clock()  # A page says nothing before it is connected.
        await self._channel.send(out.Waiting(place))
        for line in self._hold_lines.due(place, self._clock()):
            await self._words.say(line)

    @property
    def by_hand(self) -> bool:
        return self._operator.by_hand

    async def on_moved(self) -> None:
        self._begin_anew()
        self._transcript.event("worker_changed")
        self._begin_turn(self.turn + 1)
        await self._operator.worker_came()

    def _begin_anew(self) -> None:
        """Another worker has the leg: it counts samples, and knows agents, from the beginning."""
        self._caller_clock.restart()
        self._tools.begin_again()

    async def on_worker(self, *, resumed: bool) -> None:
        self._begin_anew()
        self._say_again_at = None
        if resumed:
            self._transcript.event("worker_back")
            if self._voice and self._ending is None and not self.by_hand:
                await self._words.say("resumed")
            else:
                self._begin_turn(self.turn + 1)
            await self._operator.worker_came()
            return
        self._was_up = True
        if self._waited:
            if not self._speaker.silent():
                await self._speaker.cut(self.turn)
            self._begin_turn(self.turn + 1)
        media = self._channel.media
        await self._channel.send(
            out.Ready(
                conversation=self._facts.conversation,
                leg=self._facts.leg,
                agent=self._facts.agent,
                rate_in=media.rate_in,
                rate_out=media.rate_out,
                resumed=self._facts.resumed,
            )
        )
        if self._facts.resumed and not self._facts.test:  # A test goes on, or back, because somebody wants it to.
            self._transcript.event("reconnected")
        if self._facts.comeback and not self._waited:
            # A telephone was silent while its call was brought here: its caller waits for a word, at most a second longer.
            await self._words.at_hand(self._facts.comeback)
            await self._words.say(self._facts.comeback)
        await self._operator.worker_came()

    async def on_worker_lost(self) -> None:
        """Within a moment the caller hears that something is wrong, from audio already here."""
        self._answer_due = None
        self._tools.worker_lost()
        self._transcript.event("worker_lost")
        if not self._speaker.silent():
            await self._speaker.cut(self.turn)
        await self._speaker.release()
        self._break_off()
        if self._ending is not None:
            return
        if (
            self.by_hand
        ):  # The caller misses nothing: a person talks. What the caller says is not written down meanwhile.
            await self._fail("worker_lost", "What the caller says is not written down at the moment.")
            return
        await self._fail("worker_lost", "The agent was interrupted and will be back in a moment.")
        if self._voice:
            await self._words.say("apology")
            self._say_again_at = self._clock() + self._limits.say_again

    # --- worker → caller ------------------------------------------------------------------------

    async def on_worker_message(self, message: wire.Down) -> None:
        await self._on_message(message)
        match message:  # Also of a turn that is over by now: it was done, and is paid for.
            case wire.Heard(turn=turn, used=used):
                self._transcript.used(turn, "caller", used)
            case wire.Timing(turn=turn, used=used):
                self._transcript.used(turn, "agent", used)
            case wire.State(turn=turn, reply_turn=reply_turn, used=used):
                self._transcript.used(reply_turn or turn, "agent", used)

    async def _on_message(self, message: wire.Down) -> None:
        if self._ending is not None and not isinstance(message, wire.State):
            return
        match message:
            case wire.Ready():
                pass
            case wire.SpeechStarted(turn=turn):
                await self._channel.send(out.SpeechStarted(turn))
            case wire.Floor():
                await self._on_floor(message)
            case wire.Partial(text=text):
                await self._channel.send(out.Partial(text))
            case wire.Heard():
                await self._on_heard(message)
            case wire.ReplyText() | wire.ReplyAudio() | wire.ReplyDone() | wire.Timing():
                if message.turn > self.turn:  # The agent speaks again though nobody was heard: after what it says now.
                    self._begin_turn(message.turn, follows=True)
                if message.turn >= self.turn:
                    await self._on_reply(message)
            case wire.Interrupted(turn=turn):
                if turn > self.turn:  # Older: it was cut here already, and what sounds now is the web's own.
                    self._answer_due = None
                    self._transcript.event("interrupted", {"turn": turn - 1})
                    await self._speaker.cut(turn - 1)
                    self._begin_turn(turn)
            case wire.ToolCall():
                self._answer_due = None
                self._tools.ask(message)
            case wire.Entered():
                await self._on_entered(message)
            case wire.LanguageChanged(turn=turn, language=language, voice=voice, by=by, probability=probability):
                self._words.speak(language, voice)
                sure = {"probability": probability} if by == "caller" else {}
                self._transcript.event("language", {"turn": turn, "language": language, "by": by, **sure})
            case wire.State():
                self._on_state(message)
            case wire.Failed():
                await self._on_failed(message)
            case _:
                assert_never(message)

    async def _on_floor(self, floor: wire.Floor) -> None:
        if floor.move == "release":  # Of whichever turn: nothing may stay held.
            await self._speaker.release()
        elif floor.turn < self.turn or self.by_hand:
            pass
        elif floor.move == "hold":
            await self._speaker.hold(floor.turn)
        else:
            await self._speaker.duck(floor.turn)

    async def _on_heard(self, heard: wire.Heard) -> None:
        self._line.heard(heard.id)
        if not self._speaker.silent() and not self.by_hand:  # A newer turn: what still sounds is stale.
            await self._speaker.cut(self.turn)
        await self._speaker.release()
        self._begin_turn(heard.turn, follows=self.by_hand)
        now = self._clock()
        # The sample before: an end that lies on the border of two frames belongs to the first.
        spoken = self._caller_clock.arrival(max(0, heard.speech_end - 1)) if heard.source == "voice" else None
        began = self._caller_clock.spoken_at(heard.speech_start) if spoken is not None else None
        self._speaker.waterfall.heard(heard.turn, spoken)
        shown_id = self._typed.shown_id(heard.id)
        self._transcript.heard(heard, self._ms(began or now), self._ms(spoken or now), shown_id)
        if not self.by_hand:
            self._answer_due = now + self._limits.stalled_reply
        await self._channel.send(out.Heard(heard.turn, heard.text, heard.source, shown_id))

    async def _on_reply(self, message: wire.ReplyText | wire.ReplyAudio | wire.ReplyDone | wire.Timing) -> None:
        self._answer_due = None
        match message:
            case wire.ReplyText(turn=turn, text=text):
                self._transcript.reply_text(turn, text)
                await self._channel.send(out.ReplyText(turn, text))
            case wire.ReplyAudio(turn=turn, pcm=pcm):
                self._speaker.push(turn, pcm)
            case wire.ReplyDone(turn=turn, text=text, samples=samples, end=end):
                self._transcript.reply_done(turn, text)
                self._speaker.finish(turn)
                await self._channel.send(out.ReplyDone(turn, text, samples, end))
                if end:
                    self.end(EndReason.AGENT_ENDED)
            case wire.Timing():
                await self._speaker.measured(self._speaker.waterfall.timed(message))

    async def _on_entered(self, entered: wire.Entered) -> None:
        """The way through the flow: of every conversation in the record, but shown only to whoever tests."""
        nodes, variables = entered.nodes, entered.variables
        if not self._facts.test:
            if nodes:
                self._transcript.event("node", {"turn": entered.turn, "nodes": nodes})
            return
        self._transcript.event("node", {"turn": entered.turn, "nodes": nodes, "variables": variables})
        await self._channel.send(out.Entered(entered.turn, nodes, variables))

    def _on_state(self, state: wire.State) -> None:
        self._state = state.snapshot
        self._transcript.state(state)
        self._tools.settled()
        self._settled.set()

    async def _on_failed(self, failed: wire.Failed) -> None:
        self._answer_due = None
        await self._fail(failed.code, failed.message)
        if self._voice and failed.code == "voice_failed" and not self.by_hand:
            await self._words.say("apology")

    # --- speaking by itself ---------------------------------------------------------------------

    def _begin_turn(self, turn: int, *, follows: bool = False) -> None:
        self.turn = max(self.turn, turn)
        self._speaker.begin_turn(self.turn, follows=follows)

    def _break_off(self) -> None:
        """The current reply ends unsettled: put the heard words into the record and, if spoken, the state.

        A half-written answer to typed text stays out of the state: the next worker answers anew.
        """
        heard = self._transcript.break_off(self.turn, self._speaker.played(self.turn))
        if heard and self._voice:
            history = (*self._state.history, wire.Message("assistant", heard))
            self._state = msgspec.structs.replace(self._state, history=history, turn=self.turn, greeted=True)
            self._transcript.snapshot(self._state)

    # --- time -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self._clock()
            if self._stopping is not None:
                stopped, close_code, message = self._stopping
                await self._channel.send(out.Failed(stopped.value, message, fatal=True))
                await self._hang_up(stopped, close_code)
            if self._ending is not None:
                await self._speaker.release()  # A goodbye is said to its end.
                reason, deadline = self._ending
                if now >= deadline or self._speaker.silent():
                    await self._hang_up(reason)
            else:
                await self._watch_limits(now)
            if self._answer_due is not None and now > self._answer_due:
                self._answer_due = None
                self._line.give_up()
            if self._say_again_at is not None and now > self._say_again_at:
                self._say_again_at = now + self._limits.say_again
                if not self.by_hand:
                    await self._words.say("still_away")
            if self._voice:
                await self._speaker.watch()
            if self._ending is None:
                await self._operator.tick()

    async def _watch_limits(self, now: float) -> None:
        limits = self._limits
        if self._channel.backlog() > limits.backlog_bytes:
            raise SessionEnded(EndReason.SLOW_READER, CloseCode.SLOW_READER)
        if now - self._last_inbound > limits.silent(voice=self._voice, by_hand=self.by_hand):
            if self._voice:  # Even a muted page pings. An idle chat is no failure: its next message opens a leg.
                await self._fail("silent", "Nothing was said for too long.", fatal=True)
            await self._hang_up(EndReason.SILENCE, CloseCode.SILENT)
        if now - self._started > (limits.call if self._voice else limits.chat):
            await self._fail("call_limit", "The longest time for one call was reached.")
            if self._voice:
                await self._speaker.cut(self.turn)
                await self._words.say("goodbye")
            self.end(EndReason.CALL_LIMIT)

    async def _fail(self, code: str, message: str, *, fatal: bool = False) -> None:
        if code not in ("empty_text", "worker_lost"):  # The first is no problem, the second is recorded as itself.
            self._transcript.event("failed", {"code": code, "message": message})
        await self._channel.send(out.Failed(code, message, fatal))

    def _now_ms(self) -> int:
        return self._ms(self._clock())

    def _ms(self, at: float) -> int:
        return max(0, round((at - self._started) * 1000))


def _first(group: BaseExceptionGroup[SessionEnded]) -> SessionEnded:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, SessionEnded)
    return error
