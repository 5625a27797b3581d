"""A live leg: one channel and one worker, joined. One TaskGroup; when any of its tasks ends, all do.

Caller frames go to the worker, its events come back as channel events, agent audio through the
pacer. Nothing here touches the database: what is worth keeping is handed to the recorder.
What the worker says is `worker_side.py`, what people do `operator.py`. The pieces that decide (pacer schedule, waterfall,
transcript, caller clock, standing) are pure and apart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import assert_never

from channels_io.base import Channel, CloseCode
from channels_io.end_reasons import EndReason, known_reason
from channels_io.live import messages as out
from channels_io.live.backstage import Backstage, no_backstage
from channels_io.live.caller_clock import CallerClock
from channels_io.live.facts import LegFacts
from channels_io.live.limits import Limits
from channels_io.live.lines import Line, SpeechCache
from channels_io.live.messages import CallerAudio, Gone, Hangup, Inbound, Ping, Played, Refused
from channels_io.live.operator import Operator
from channels_io.live.own_words import OwnWords
from channels_io.live.recorder import Recorder
from channels_io.live.ringing import Ringing
from channels_io.live.speaker import SessionEnded, Speaker
from channels_io.live.standing import Standing
from channels_io.live.tool_runner import NoTools, Toolbox, ToolRunner
from channels_io.live.transcript import Transcript
from channels_io.live.typed import Typed
from channels_io.live.waiting_line import WaitingLine
from channels_io.live.watched import WatchedChannel, WatchedRecorder
from channels_io.live.waterfall import Measured
from channels_io.live.worker import Workers
from channels_io.live.worker_line import WorkerLine
from channels_io.live.worker_side import WorkerSide
from inference import events as wire

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
        self._recorder = recorder
        self._limits = limits = limits or Limits()
        self._voice = channel.media.kind == "voice"
        now, state = self._clock(), facts.state or wire.ConversationState()
        self._standing = Standing(started=now, last_inbound=now, state=state, turn=state.turn)
        self._line = WorkerLine(workers, limits, self._clock, WaitingLine() if waiting is None else waiting)
        self._transcript = Transcript(recorder.put, self._now_ms, channel.media.kind)
        self._tools = ToolRunner(facts, tools or NoTools(), self._line.send, self._transcript.event, self)
        self._speaker = Speaker(
            channel, recorder, self._transcript, self._tell_playback, limits=limits, clock=self._clock, observe=observe
        )
        self._ringing = Ringing(channel, recorder, self._speaker.silent, self._clock)
        self._caller_clock = CallerClock(channel.media.rate_in)
        self._typed = Typed(channel, facts.known, self._line.send_text, self.fail)
        self._words = OwnWords(facts, channel, workers, speech, self._speaker, self._transcript, self.next_turn)
        self._operator = Operator(
            self,
            facts,
            callers_own,
            backstage,
            recorder=recorder,
            transcript=self._transcript,
            workers=workers,
            tools=tools or NoTools(),
            limits=limits,
            clock=self._clock,
        )
        self._worker = WorkerSide(
            self,
            self._standing,
            self._line,
            facts=facts,
            channel=channel,
            transcript=self._transcript,
            speaker=self._speaker,
            words=self._words,
            typed=self._typed,
            tools=self._tools,
            operator=self._operator,
            caller_clock=self._caller_clock,
            limits=limits,
            clock=self._clock,
        )
        self._local_turns: set[int] = set()
        self._left: EndReason | None = None
        self._stopping: tuple[EndReason, int, str] | None = None

    # --- the whole ------------------------------------------------------------------------------

    async def run(self) -> EndReason:
        """The leg from here to its end; returns the reason. Raises nothing but CancelledError."""
        try:
            end = await self._live()
        except Exception:  # The session's edge: one broken leg never harms another.
            logger.exception("Leg %s broke.", self._facts.leg)
            end = SessionEnded(EndReason.FAILED, CloseCode.SERVER_ERROR)
        finally:
            self.break_off()
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

    # --- led by a person (`led.Led`) ------------------------------------------------------------

    @property
    def turn(self) -> int:
        return self._standing.turn

    async def steer(self, control: wire.Control) -> bool:
        if await self._line.send(control):
            return True
        self._standing.keep(control)
        return False

    async def fall_silent(self) -> None:
        self._standing.answer_due = None
        if not self._speaker.silent():
            await self._speaker.cut(self._speaker.newest)
        await self._speaker.release()

    def next_turn(self) -> int:
        self.begin_turn(self._standing.turn + 1, follows=True)
        self._local_turns.add(self._standing.turn)
        return self._standing.turn

    def quiet(self) -> bool:
        return self._speaker.silent()

    def last_spoken(self) -> int:
        return self._speaker.newest

    async def say_line(self, line: Line) -> None:
        await self._words.say_soon(line)

    async def prepare(self, lines: tuple[Line, ...]) -> None:
        await self._words.prepare(lines)

    def end(self, reason: EndReason) -> None:
        self._standing.ending = (reason, self._clock() + self._limits.goodbye)

    async def _live(self) -> SessionEnded:
        ended: SessionEnded | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear())
                tasks.create_task(self._worker.run())
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
                self._standing.last_inbound = self._clock()
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
                await self.fail(code, message, fatal=True)
                await self._hang_up(known_reason(code, EndReason.PROTOCOL), close_code)
            case _:
                assert_never(inbound)

    async def _on_audio(self, audio: CallerAudio) -> None:
        self._recorder.caller(audio.pcm, audio.arrived - self._standing.started)
        if self._standing.ending is None and await self._line.send(wire.Audio(audio.pcm)):
            self._caller_clock.sent(len(audio.pcm) // 2, audio.arrived)

    async def _tell_playback(self, turn: int, samples: int, *, done: bool) -> None:
        if turn not in self._local_turns:
            await self._line.send(wire.Playback(turn, samples, done))

    async def _hang_up(self, reason: EndReason, close_code: int = CloseCode.NORMAL) -> None:
        """End the leg once the worker has told its last state, or has had its moment to."""
        self._line.closing = True
        if self._line.connected:
            if self._voice:
                await self._tell_playback(self._standing.turn, self._speaker.played(self._standing.turn), done=True)
            self._worker.settled.clear()
            await self._line.send(wire.Close(reason))
            try:
                async with asyncio.timeout(self._limits.hang_up_settle):
                    await self._worker.settled.wait()
            except TimeoutError:
                logger.debug("Leg %s: what was heard last is estimated.", self._facts.leg)
        raise SessionEnded(reason, close_code)

    # --- speaking by itself ---------------------------------------------------------------------

    def begin_turn(self, turn: int, *, follows: bool = False) -> None:
        self._standing.turn = max(self._standing.turn, turn)
        self._speaker.begin_turn(self._standing.turn, follows=follows)

    def break_off(self) -> None:
        """The current reply ends unsettled: put the heard words into the record and, if spoken, the state.

        A half-written answer to typed text stays out of the state: the next worker answers anew.
        """
        heard = self._transcript.break_off(self._standing.turn, self._speaker.played(self._standing.turn))
        if heard and self._voice:
            self._standing.keep_reply(heard)
            self._transcript.snapshot(self._standing.state)

    # --- time -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self._clock()
            if self._stopping is not None:
                stopped, close_code, message = self._stopping
                await self._channel.send(out.Failed(stopped.value, message, fatal=True))
                await self._hang_up(stopped, close_code)
            if self._standing.ending is not None:
                await self._speaker.release()  # A goodbye is said to its end.
                reason, deadline = self._standing.ending
                if now >= deadline or self._speaker.silent():
                    await self._hang_up(reason)
            else:
                await self._watch_limits(now)
            if self._standing.is_answer_overdue(now):
                self._line.give_up()
            if self._standing.is_apology_due(now, self._limits.say_again) and not self._operator.by_hand:
                await self._words.say("still_away")
            if self._voice:
                await self._speaker.watch()
            if self._standing.ending is None:
                await self._operator.tick()

    async def _watch_limits(self, now: float) -> None:
        limits = self._limits
        if self._channel.backlog() > limits.backlog_bytes:
            raise SessionEnded(EndReason.SLOW_READER, CloseCode.SLOW_READER)
        if now - self._standing.last_inbound > limits.silent(voice=self._voice, by_hand=self._operator.by_hand):
            if self._voice:  # Even a muted page pings. An idle chat is no failure: its next message opens a leg.
                await self.fail("silent", "Nothing was said for too long.", fatal=True)
            await self._hang_up(EndReason.SILENCE, CloseCode.SILENT)
        if now - self._standing.started > (limits.call if self._voice else limits.chat):
            await self.fail("call_limit", "The longest time for one call was reached.")
            if self._voice:
                await self._speaker.cut(self._standing.turn)
                await self._words.say("goodbye")
            self.end(EndReason.CALL_LIMIT)

    async def fail(self, code: str, message: str, *, fatal: bool = False) -> None:
        if code not in ("empty_text", "worker_lost"):  # The first is no problem, the second is recorded as itself.
            self._transcript.event("failed", {"code": code, "message": message})
        await self._channel.send(out.Failed(code, message, fatal))

    def _now_ms(self) -> int:
        return self._standing.ms(self._clock())


def _first(group: BaseExceptionGroup[SessionEnded]) -> SessionEnded:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, SessionEnded)
    return error
