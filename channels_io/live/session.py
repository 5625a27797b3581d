"""A live leg: one channel and one worker, joined. One TaskGroup; when any of its tasks ends, all do.

Caller frames go to the worker, its events come back as channel events, agent audio through the
pacer. Nothing here touches the database: what is worth keeping is handed to the recorder.
The pieces that decide (pacer schedule, waterfall, transcript, caller clock) are pure and apart.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import assert_never
from uuid import uuid4

import msgspec

from channels_io.base import Channel, CloseCode
from channels_io.end_reasons import EndReason, known_reason
from channels_io.live import messages as out
from channels_io.live.caller_clock import CallerClock
from channels_io.live.facts import KnownMessage, LegFacts
from channels_io.live.hold_lines import HoldLines
from channels_io.live.limits import Limits
from channels_io.live.lines import Line, SpeechCache, line_text
from channels_io.live.messages import CallerAudio, Gone, Hangup, Inbound, Ping, Played, Refused
from channels_io.live.recorder import Recorder
from channels_io.live.ringing import Ringing
from channels_io.live.speaker import SessionEnded, Speaker
from channels_io.live.tool_runner import NoTools, Toolbox, ToolRunner
from channels_io.live.transcript import Transcript
from channels_io.live.waiting_line import WaitingLine
from channels_io.live.waterfall import Measured
from channels_io.live.worker import Workers
from channels_io.live.worker_line import WorkerLine
from channels_io.sanitize import clean_text
from inference import events as wire
from inference.errors import WorkerError, WorkerFull, WorkerLost

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.05
LEFT_AS = (EndReason.HUNG_UP, EndReason.LOST, EndReason.AGENT_ENDED, EndReason.SILENCE)
"""How it looks from here when the caller has gone elsewhere."""
SEEN_IDS = 1000


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
    ) -> None:
        """`observe` is told of each turn when its waterfall is complete."""
        self._channel = channel
        self._facts = facts
        self._workers = workers
        self._recorder = recorder
        self._speech = speech
        self._limits = limits or Limits()
        self._clock = clock or asyncio.get_running_loop().time
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
        self._state = facts.state or wire.ConversationState()
        self._turn = self._state.turn
        self._owner = self._state.owner
        self._was_up = False
        self._local_turns: set[int] = set()
        self._seen_ids: deque[str] = deque(maxlen=SEEN_IDS)
        self._own_ids: set[str] = set()
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

    async def _live(self) -> SessionEnded:
        ended: SessionEnded | None = None
        spec = self._facts.spec
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear())
                tasks.create_task(self._talk_to_worker())
                tasks.create_task(self._watch())
                tasks.create_task(self._tools.run())
                if self._voice:
                    tasks.create_task(self._speaker.run())
                    tasks.create_task(self._ringing.run())
                    rate = self._channel.media.rate_out
                    tasks.create_task(self._speech.prepare(self._workers, spec.voice, spec.language, rate))
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
                await self._on_text(inbound)
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

    async def _on_text(self, message: out.Text) -> None:
        text = clean_text(message.text, wire.MAX_TEXT_CHARS).strip()
        if not text:
            await self._fail("empty_text", "There was no text in this message.")
            return
        message_id = message.id
        if not message_id:
            message_id = uuid4().hex
            self._own_ids.add(message_id)
        elif message_id in self._seen_ids:
            return
        self._seen_ids.append(message_id)
        if message_id in self._facts.known:
            await self._remind(message_id, self._facts.known[message_id])
            return
        if not await self._line.send_text(wire.Text(text, message_id)):
            self._seen_ids.remove(message_id)  # Sent again in a moment, it is taken.
            await self._fail("too_many_messages", "Too many messages wait for an answer. Try again in a moment.")

    async def _remind(self, message_id: str, known: KnownMessage) -> None:
        """An earlier leg took this message and its sender does not know: say so again, with the answer it had."""
        await self._channel.send(out.Heard(known.turn, known.text, "text", message_id))
        if known.reply is not None:
            turn, text = known.reply
            await self._channel.send(out.ReplyText(turn, text))
            await self._channel.send(out.ReplyDone(turn, text, 0))

    async def _tell_playback(self, turn: int, samples: int, *, done: bool) -> None:
        if turn not in self._local_turns:
            await self._line.send(wire.Playback(turn, samples, done))

    async def _hang_up(self, reason: EndReason, close_code: int = CloseCode.NORMAL) -> None:
        """End the leg once the worker has told its last state, or has had its moment to."""
        self._line.closing = True
        if self._line.connected:
            if self._voice:
                await self._tell_playback(self._turn, self._speaker.played(self._turn), done=True)
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
            if isinstance(error, WorkerFull):
                await self._say_busy_goodbye()
                end = SessionEnded(EndReason.WORKER_FULL, CloseCode.WORKER_FULL)
                message = "All lines are busy. Please try again in a few minutes."
            elif isinstance(error, WorkerLost):
                end = SessionEnded(EndReason.WORKER_LOST if self._was_up else EndReason.NO_WORKER, CloseCode.NO_WORKER)
                message = "The agent cannot be reached at the moment. Please try again in a few minutes."
            else:  # The worker says itself why it cannot run this agent.
                end = SessionEnded(_refusal(error), CloseCode.NO_WORKER)
                message = error.message
            code = error.code if end.reason == EndReason.WORKER_REFUSED else end.reason.value
            await self._fail(code, message, fatal=True)
            raise end from error
        self._settled.set()

    def opening(self, *, resumed: bool) -> wire.Open:
        state: wire.ConversationState | None = self._facts.state
        if resumed:  # One turn on: on a voice leg the web's own "I'm back" takes it.
            state = msgspec.structs.replace(self._state, turn=self._turn + 1, greeted=True)
        elif self._waited or self._facts.comeback:  # The worker's turns come after the web's own sentences.
            state = msgspec.structs.replace(state or self._state, turn=self._turn + 1)
        self._caller_clock.restart()
        self._tools.begin_again()
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
        spec = self._facts.spec
        text = line_text("busy", spec.language)
        return await self._speech.at_hand(self._workers, spec.voice, text, self._channel.media.rate_out, within=1.0)

    async def on_waiting(self, place: int) -> None:
        if not self._waited:
            self._transcript.event("waiting", {"place": place})
        self._waited = True
        self._last_inbound = self._clock()  # A page says nothing before it is connected.
        await self._channel.send(out.Waiting(place))
        for line in self._hold_lines.due(place, self._clock()):
            await self._say(line)

    async def _say_busy_goodbye(self) -> None:
        if not self._waited:
            return
        await self._say("busy_goodbye")
        deadline = self._clock() + self._limits.goodbye
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._speaker.silent() or self._clock() >= deadline:
                return

    async def on_worker(self, *, resumed: bool) -> None:
        self._say_again_at = None
        if resumed:
            self._transcript.event("worker_back")
            if self._voice and self._ending is None:
                await self._say("resumed")
            else:
                self._begin_turn(self._turn + 1)
            return
        self._was_up = True
        if self._waited:
            if not self._speaker.silent():
                await self._speaker.cut(self._turn)
            self._begin_turn(self._turn + 1)
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
            await self._come_back(self._facts.comeback)

    async def _come_back(self, line: Line) -> None:
        """A telephone was silent while its call was brought here: its caller waits for a word, at most a second longer."""
        spec = self._facts.spec
        rate = self._channel.media.rate_out
        await self._speech.at_hand(self._workers, spec.voice, line_text(line, spec.language), rate, within=1.0)
        await self._say(line)

    async def on_worker_lost(self) -> None:
        """Within a moment the caller hears that something is wrong, from audio already here."""
        self._answer_due = None
        self._tools.worker_lost()
        self._transcript.event("worker_lost")
        if not self._speaker.silent():
            await self._speaker.cut(self._turn)
        await self._speaker.release()
        self._break_off()
        if self._ending is not None:
            return
        await self._fail("worker_lost", "The agent was interrupted and will be back in a moment.")
        if self._voice:
            await self._say("apology")
            self._say_again_at = self._clock() + self._limits.say_again

    # --- worker → caller ------------------------------------------------------------------------

    async def on_worker_message(self, message: wire.Down) -> None:
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
                if message.turn > self._turn:  # The agent speaks again though nobody was heard: after what it says now.
                    self._begin_turn(message.turn, follows=True)
                if message.turn >= self._turn:
                    await self._on_reply(message)
            case wire.Interrupted(turn=turn):
                self._answer_due = None
                self._transcript.event("interrupted", {"turn": turn - 1})
                await self._speaker.cut(turn - 1)
                self._begin_turn(turn)
            case wire.ToolCall():
                self._answer_due = None
                self._tools.ask(message)
            case wire.Entered():
                await self._on_entered(message)
            case wire.State():
                await self._on_state(message)
            case wire.Failed():
                await self._on_failed(message)
            case _:
                assert_never(message)

    async def _on_floor(self, floor: wire.Floor) -> None:
        if floor.move == "release":  # Of whichever turn: nothing may stay held.
            await self._speaker.release()
        elif floor.turn < self._turn:
            pass
        elif floor.move == "hold":
            await self._speaker.hold(floor.turn)
        else:
            await self._speaker.duck(floor.turn)

    async def _on_heard(self, heard: wire.Heard) -> None:
        self._line.heard(heard.id)
        if not self._speaker.silent():  # A newer turn: what still sounds is stale.
            await self._speaker.cut(self._turn)
        await self._speaker.release()
        self._begin_turn(heard.turn)
        now = self._clock()
        # The sample before: an end that lies on the border of two frames belongs to the first.
        spoken = self._caller_clock.arrival(max(0, heard.speech_end - 1)) if heard.source == "voice" else None
        began = self._caller_clock.spoken_at(heard.speech_start) if spoken is not None else None
        self._speaker.waterfall.heard(heard.turn, spoken)
        shown_id = "" if heard.id in self._own_ids else heard.id
        self._own_ids.discard(heard.id)
        self._transcript.heard(heard, self._ms(began or now), self._ms(spoken or now), shown_id)
        if self._owner == "ai":
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
                    self._end_after_speech(EndReason.AGENT_ENDED)
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

    async def _on_state(self, state: wire.State) -> None:
        self._state = state.snapshot
        self._transcript.state(state)
        self._tools.settled()
        self._settled.set()
        if state.snapshot.owner != self._owner:
            self._owner = state.snapshot.owner
            self._transcript.event("owner", {"owner": self._owner})
            await self._channel.send(out.OwnerState(self._owner))

    async def _on_failed(self, failed: wire.Failed) -> None:
        self._answer_due = None
        await self._fail(failed.code, failed.message)
        if self._voice and failed.code == "voice_failed":
            await self._say("apology")

    # --- speaking by itself ---------------------------------------------------------------------

    def _begin_turn(self, turn: int, *, follows: bool = False) -> None:
        self._turn = max(self._turn, turn)
        self._speaker.begin_turn(self._turn, follows=follows)

    async def _say(self, line: Line) -> None:
        """A sentence of the web's own, as a turn of its own, after what it said before."""
        self._begin_turn(self._turn + 1, follows=True)
        turn = self._turn
        self._local_turns.add(turn)
        text = line_text(line, self._facts.spec.language)
        pcm = self._speech.audio(self._facts.spec.voice, text, self._channel.media.rate_out)
        self._transcript.line_said(turn, text)
        self._speaker.push(turn, pcm)
        self._speaker.finish(turn)
        await self._channel.send(out.ReplyText(turn, text))
        await self._channel.send(out.ReplyDone(turn, text, len(pcm) // 2))

    def _break_off(self) -> None:
        """The current reply ends unsettled: put the heard words into the record and, if spoken, the state.

        A half-written answer to typed text stays out of the state: the next worker answers anew.
        """
        heard = self._transcript.break_off(self._turn, self._speaker.played(self._turn))
        if heard and self._voice:
            history = (*self._state.history, wire.Message("assistant", heard))
            self._state = msgspec.structs.replace(self._state, history=history, turn=self._turn, greeted=True)
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
                await self._say("still_away")
            if self._voice:
                await self._speaker.watch()

    async def _watch_limits(self, now: float) -> None:
        limits = self._limits
        if self._channel.backlog() > limits.backlog_bytes:
            raise SessionEnded(EndReason.SLOW_READER, CloseCode.SLOW_READER)
        if now - self._last_inbound > (limits.silent_voice if self._voice else limits.silent_text):
            if self._voice:  # Even a muted page pings. An idle chat is no failure: its next message opens a leg.
                await self._fail("silent", "Nothing was said for too long.", fatal=True)
            await self._hang_up(EndReason.SILENCE, CloseCode.SILENT)
        if now - self._started > (limits.call if self._voice else limits.chat):
            await self._fail("call_limit", "The longest time for one call was reached.")
            if self._voice:
                await self._speaker.cut(self._turn)
                await self._say("goodbye")
            self._end_after_speech(EndReason.CALL_LIMIT)

    def _end_after_speech(self, reason: EndReason) -> None:
        self._ending = (reason, self._clock() + self._limits.goodbye)

    async def _fail(self, code: str, message: str, *, fatal: bool = False) -> None:
        if code not in ("empty_text", "worker_lost"):  # The first is no problem, the second is recorded as itself.
            self._transcript.event("failed", {"code": code, "message": message})
        await self._channel.send(out.Failed(code, message, fatal))

    def _now_ms(self) -> int:
        return self._ms(self._clock())

    def _ms(self, at: float) -> int:
        return max(0, round((at - self._started) * 1000))


def _refusal(error: WorkerError) -> EndReason:
    """Why a worker that is there will not run this agent: what an operator can mend by name, the rest as one."""
    if error.code in (EndReason.ENGINE_UNKNOWN, EndReason.ENGINE_NOT_READY):
        return EndReason(error.code)
    return EndReason.WORKER_REFUSED


def _first(group: BaseExceptionGroup[SessionEnded]) -> SessionEnded:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, SessionEnded)
    return error
