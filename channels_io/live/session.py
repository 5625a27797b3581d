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
from dataclasses import dataclass
from typing import assert_never
from uuid import uuid4

import msgspec

from channels_io.base import Channel, CloseCode
from channels_io.live import messages as out
from channels_io.live.caller_clock import CallerClock
from channels_io.live.limits import Limits
from channels_io.live.lines import Line, SpeechCache, line_text
from channels_io.live.messages import CallerAudio, Gone, Hangup, Inbound, Ping, Played, Refused
from channels_io.live.pacer import Paced, Pacer, Schedule
from channels_io.live.recorder import Recorder
from channels_io.live.transcript import Transcript
from channels_io.live.waterfall import Measured, Waterfall
from channels_io.live.worker import Workers
from channels_io.live.worker_line import WorkerLine
from channels_io.sanitize import clean_text
from inference import events as wire
from inference.errors import WorkerError, WorkerFull
from inference.spec import AgentSpec

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.05
SEEN_IDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    """What a session must know of its leg; all of it is read before the first frame."""

    leg: str
    conversation: str
    agent: str
    """The agent's name, shown to the caller."""
    spec: AgentSpec
    state: wire.ConversationState | None = None
    resumed: bool = False
    caller: str = ""


class SessionEnded(Exception):
    """Ends the session's task group: `reason` goes into the record, `close_code` onto the socket."""

    def __init__(self, reason: str, close_code: int = CloseCode.NORMAL) -> None:
        super().__init__(reason)
        self.reason = reason
        self.close_code = close_code


class LiveSession:
    def __init__(
        self,
        channel: Channel,
        facts: LegFacts,
        workers: Workers,
        recorder: Recorder,
        *,
        speech: SpeechCache,
        limits: Limits | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._channel = channel
        self._facts = facts
        self._workers = workers
        self._recorder = recorder
        self._speech = speech
        self._limits = limits or Limits()
        self._clock = clock or asyncio.get_running_loop().time
        self._voice = channel.media.kind == "voice"
        self._started = self._clock()
        self._line = WorkerLine(workers, self, self._limits, self._clock)
        self._pacer = Pacer(Schedule(channel.media.rate_out), self._write_audio, self._clock)
        self._caller_clock = CallerClock(channel.media.rate_in)
        self._waterfall = Waterfall(channel.media.rate_out)
        self._transcript = Transcript(recorder.put, self._now_ms, channel.media.kind)
        self._state = facts.state or wire.ConversationState()
        self._turn = self._state.turn
        self._local_turns: set[int] = set()
        self._greeted = self._state.greeted
        self._owner = self._state.owner
        self._seen_ids: deque[str] = deque(maxlen=SEEN_IDS)
        self._own_ids: set[str] = set()
        self._last_inbound = self._last_playback = self._started
        self._player_reports = False
        self._player: dict[int, int] = {}
        self._cut_waits: tuple[int, int, float] | None = None
        self._answer_due: float | None = None
        self._say_again_at: float | None = None
        self._ending: tuple[SessionEnded, float] | None = None
        self._settled = asyncio.Event()

    # --- the whole ------------------------------------------------------------------------------

    async def run(self) -> str:
        """The leg from here to its end, of whatever kind; returns the reason. Never raises but CancelledError."""
        end = SessionEnded("shutdown", CloseCode.SERVER_ERROR)
        try:
            end = await self._live()
        except* asyncio.CancelledError:
            raise
        except* Exception:  # The session's edge: one broken leg never harms another.
            logger.exception("Leg %s broke.", self._facts.leg)
            end = SessionEnded("failed", CloseCode.SERVER_ERROR)
        finally:
            self._break_off()
        await self._close(end)
        return end.reason

    async def _live(self) -> SessionEnded:
        ended: SessionEnded | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear())
                tasks.create_task(self._talk_to_worker())
                tasks.create_task(self._watch())
                if self._voice:
                    tasks.create_task(self._pacer.run())
                    tasks.create_task(
                        self._speech.prepare(
                            self._workers,
                            self._facts.spec.voice,
                            self._facts.spec.language,
                            self._channel.media.rate_out,
                        )
                    )
        except* SessionEnded as group:
            ended = _first(group)
        return ended or SessionEnded("failed", CloseCode.SERVER_ERROR)

    async def _close(self, end: SessionEnded) -> None:
        try:
            async with asyncio.timeout(self._limits.send):
                await self._channel.send(out.Ended(end.reason))
                await self._channel.close(end.close_code)
        except TimeoutError:
            logger.info("Leg %s: the caller's side took no goodbye.", self._facts.leg)

    # --- caller → worker ------------------------------------------------------------------------

    async def _hear(self) -> None:
        async for inbound in self._channel.inbound():
            self._last_inbound = self._clock()
            await self._on_inbound(inbound)

    async def _on_inbound(self, inbound: Inbound) -> None:
        match inbound:
            case CallerAudio():
                await self._on_audio(inbound)
            case out.Text():
                await self._on_text(inbound)
            case out.Dtmf(digit=digit):
                self._transcript.event("dtmf", {"digit": digit})
                await self._line.send(wire.Dtmf(digit))
            case Played():
                await self._on_played(inbound)
            case Ping():
                await self._channel.send(out.Pong())
            case Hangup():
                await self._hang_up("hangup")
            case Gone():
                await self._hang_up("lost")
            case Refused(close_code=close_code, code=code, message=message):
                await self._fail(code, message, fatal=True)
                await self._hang_up("replaced" if code == "replaced" else "protocol", close_code)
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
        if message.id and message.id in self._seen_ids:
            return
        if message.id:
            self._seen_ids.append(message.id)
            message_id = message.id
        else:
            message_id = uuid4().hex
            self._own_ids.add(message_id)
        if not await self._line.send_text(wire.Text(text, message_id)):
            await self._fail("too_many_messages", "Too many messages wait for an answer. Try again in a moment.")

    async def _on_played(self, played: Played) -> None:
        """The player's word, never beyond what was sent to it."""
        self._player_reports = True
        samples = min(played.samples, self._pacer.schedule.sent(played.turn))
        self._player[played.turn] = max(samples, self._player.get(played.turn, 0))
        if self._cut_waits is not None and self._cut_waits[0] == played.turn:
            if not played.done:
                return
            self._cut_waits = None
        await self._tell_playback(played.turn, samples, done=played.done)

    async def _tell_playback(self, turn: int, samples: int, *, done: bool) -> None:
        self._last_playback = self._clock()
        if turn not in self._local_turns:
            await self._line.send(wire.Playback(turn, samples, done))

    async def _hang_up(self, reason: str, close_code: int = CloseCode.NORMAL) -> None:
        self._line.closing = True
        if self._line.connected:
            if self._voice:
                await self._tell_playback(self._turn, self._played(self._turn), done=True)
            self._settled.clear()
            await self._line.send(wire.Close(reason))
            try:
                async with asyncio.timeout(self._limits.hang_up_settle):
                    await self._settled.wait()
            except TimeoutError:
                pass  # The worker had nothing left to tell; what was heard is estimated here.
        raise SessionEnded(reason, close_code)

    # --- worker → caller ------------------------------------------------------------------------

    async def _talk_to_worker(self) -> None:
        try:
            await self._line.run()
        except WorkerError as error:
            full = isinstance(error, WorkerFull)
            reason = "worker_full" if full else "worker_lost" if self._greeted else "no_worker"
            message = (
                "All lines are busy. Please try again in a few minutes."
                if full
                else "The agent cannot be reached at the moment. Please try again in a few minutes."
            )
            await self._fail(reason, message, fatal=True)
            raise SessionEnded(reason, CloseCode.WORKER_FULL if full else CloseCode.NO_WORKER) from error
        self._settled.set()

    def opening(self, *, resumed: bool) -> wire.Open:
        state: wire.ConversationState | None = self._facts.state
        if resumed:
            # On a voice leg the next turn is the web's own "I'm back".
            turn = self._turn + 1 if self._voice else self._turn
            state = msgspec.structs.replace(self._state, turn=turn, greeted=self._greeted)
        self._caller_clock.restart()
        return wire.Open(
            self._facts.spec, self._facts.conversation, self._channel.media, state, caller=self._facts.caller
        )

    async def on_worker(self, *, resumed: bool) -> None:
        self._say_again_at = None
        if not resumed:
            self._greeted = True
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
            if self._facts.resumed:
                self._transcript.event("reconnected")
            return
        self._transcript.event("worker_back")
        if self._voice and self._ending is None:
            await self._say("resumed")

    async def on_worker_lost(self) -> None:
        """Within a moment the caller hears that something is wrong, from audio already here."""
        self._answer_due = None
        self._transcript.event("worker_lost")
        await self._cut(self._turn)
        self._break_off()
        if self._ending is not None:
            return
        await self._fail("worker_lost", "The agent was interrupted and will be back in a moment.")
        if self._voice:
            await self._say("apology")
            self._say_again_at = self._clock() + self._limits.say_again

    async def on_worker_message(self, message: wire.Down) -> None:
        if self._ending is not None and not isinstance(message, wire.State):
            return
        match message:
            case wire.Ready():
                pass
            case wire.SpeechStarted(turn=turn):
                await self._channel.duck(turn)
            case wire.Partial(text=text):
                await self._channel.send(out.Partial(text))
            case wire.Heard():
                await self._on_heard(message)
            case wire.ReplyText() | wire.ReplyAudio() | wire.ReplyDone() | wire.Timing():
                if message.turn >= self._turn:
                    await self._on_reply(message)
            case wire.Interrupted(turn=turn):
                await self._on_interrupted(turn)
            case wire.ToolCall():
                await self._on_tool_call(message)
            case wire.State():
                await self._on_state(message)
            case wire.Failed():
                await self._on_failed(message)
            case _:
                assert_never(message)

    async def _on_heard(self, heard: wire.Heard) -> None:
        self._line.heard(heard.id)
        if not self._pacer.schedule.silent(self._clock()):  # A newer turn: what still sounds is stale.
            await self._cut(self._turn)
        self._begin_turn(heard.turn)
        now = self._clock()
        spoken = self._caller_clock.arrival(heard.speech_end) if heard.source == "voice" else None
        self._waterfall.heard(heard.turn, spoken)
        began = self._caller_clock.spoken_at(heard.speech_start) if spoken is not None else None
        self._transcript.heard(heard, self._ms(began or now), self._ms(spoken or now))
        if self._owner == "ai":
            self._answer_due = now + self._limits.stalled_reply
        shown_id = "" if heard.id in self._own_ids else heard.id
        self._own_ids.discard(heard.id)
        await self._channel.send(out.Heard(heard.turn, heard.text, heard.source, shown_id))

    async def _on_reply(self, message: wire.ReplyText | wire.ReplyAudio | wire.ReplyDone | wire.Timing) -> None:
        self._answer_due = None
        match message:
            case wire.ReplyText(turn=turn, text=text):
                self._transcript.reply_text(turn, text)
                await self._channel.send(out.ReplyText(turn, text))
            case wire.ReplyAudio(turn=turn, pcm=pcm):
                self._transcript.reply_given(turn, len(pcm) // 2)
                self._pacer.push(turn, pcm)
            case wire.ReplyDone(turn=turn, text=text, samples=samples, end=end):
                self._transcript.reply_done(turn, text)
                self._pacer.finish(turn)
                await self._channel.send(out.ReplyDone(turn, text, samples, end))
                if end:
                    self._end_after_speech("agent_ended")
            case wire.Timing():
                await self._measured(self._waterfall.timed(message))

    async def _on_interrupted(self, turn: int) -> None:
        self._answer_due = None
        self._transcript.event("interrupted", {"turn": turn - 1})
        await self._cut(turn - 1)
        self._begin_turn(turn)

    async def _on_tool_call(self, call: wire.ToolCall) -> None:
        self._answer_due = None
        self._transcript.event("tool_call", {"call": call.call, "name": call.name, "arguments": call.arguments})
        result = '{"error":"There is no such tool."}'
        self._transcript.event("tool_result", {"call": call.call, "ok": False, "result": result})
        await self._line.send(wire.ToolResult(call.call, result, ok=False))

    async def _on_state(self, state: wire.State) -> None:
        self._state = state.snapshot
        self._transcript.state(state)
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

    # --- speaking -------------------------------------------------------------------------------

    def _begin_turn(self, turn: int) -> None:
        self._turn = max(self._turn, turn)
        self._pacer.schedule.forget_before(self._turn - 2)
        self._waterfall.forget_before(self._turn - 2)
        for old in [number for number in self._player if number < self._turn - 2]:
            del self._player[old]

    async def _write_audio(self, paced: Paced) -> None:
        if paced.turn < self._turn:
            return
        async with asyncio.timeout(self._limits.send):
            await self._channel.send_audio(paced.turn, paced.pcm)
        now = self._clock()
        samples = len(paced.pcm) // 2
        ends = self._pacer.schedule.play_ends() - self._started
        begins = ends - samples / self._channel.media.rate_out
        self._recorder.agent(paced.pcm, begins)
        self._transcript.reply_played(paced.turn, int(begins * 1000), int(ends * 1000))
        await self._measured(self._waterfall.wrote(paced.turn, paced.pcm, now))

    async def _measured(self, measured: Measured | None) -> None:
        if measured is None:
            return
        self._transcript.timing(measured)
        await self._channel.send(
            out.Timing(
                measured.turn,
                measured.v2v_ms,
                measured.spans,
                measured.prompt_tokens,
                measured.cached_tokens,
                measured.reply_tokens,
            )
        )

    async def _cut(self, turn: int) -> None:
        """Silence now: drop what waits, tell the player, and settle where it stopped."""
        schedule, now = self._pacer.schedule, self._clock()
        estimate = schedule.played(turn, now)
        if schedule.silent(now):
            return
        self._pacer.clear()
        self._recorder.cut(now - self._started)
        await self._channel.clear(turn)
        if self._player_reports:
            self._cut_waits = (turn, estimate, now + self._limits.clear_report)
        else:
            await self._tell_playback(turn, estimate, done=True)

    async def _say(self, line: Line) -> None:
        """A sentence of the web's own, as a turn of its own."""
        self._begin_turn(self._turn + 1)
        turn = self._turn
        self._local_turns.add(turn)
        text = line_text(line, self._facts.spec.language)
        pcm = self._speech.audio(self._facts.spec.voice, text, self._channel.media.rate_out)
        self._transcript.line_said(turn, text)
        self._pacer.push(turn, pcm)
        self._pacer.finish(turn)
        await self._channel.send(out.ReplyText(turn, text))
        await self._channel.send(out.ReplyDone(turn, text, len(pcm) // 2))

    def _break_off(self) -> None:
        """The current reply ends unsettled: put the heard words into the record and the state."""
        heard = self._transcript.break_off(self._turn, self._played(self._turn))
        if heard:
            history = (*self._state.history, wire.Message("assistant", heard))
            self._state = msgspec.structs.replace(self._state, history=history, turn=self._turn, greeted=True)
            self._transcript.snapshot(self._state)

    def _played(self, turn: int) -> int:
        if self._player_reports:
            return self._player.get(turn, 0)
        return self._pacer.schedule.played(turn, self._clock())

    # --- time -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self._clock()
            await self._watch_limits(now)
            await self._watch_worker(now)
            if self._voice:
                await self._watch_player(now)

    async def _watch_limits(self, now: float) -> None:
        if self._ending is not None:
            ended, deadline = self._ending
            if now >= deadline or self._pacer.schedule.silent(now):
                await self._hang_up(ended.reason, ended.close_code)
            return
        limits = self._limits
        if now - self._last_inbound > (limits.silent_voice if self._voice else limits.silent_text):
            await self._fail("silent", "Nothing was said for too long.", fatal=True)
            await self._hang_up("silence", CloseCode.SILENT)
        if now - self._started > (limits.call if self._voice else limits.chat):
            self._transcript.event("failed", {"code": "call_limit", "message": "The longest call time was reached."})
            if self._voice:
                await self._cut(self._turn)
                await self._say("goodbye")
            self._end_after_speech("call_limit")
        if self._channel.backlog() > limits.backlog_bytes:
            await self._too_slow()

    async def _watch_worker(self, now: float) -> None:
        if self._answer_due is not None and now > self._answer_due:
            self._answer_due = None
            self._line.give_up()
        if self._say_again_at is not None and now > self._say_again_at:
            self._say_again_at = now + self._limits.say_again
            await self._say("still_away")

    async def _watch_player(self, now: float) -> None:
        schedule, turn = self._pacer.schedule, self._turn
        if self._cut_waits is not None and now > self._cut_waits[2]:
            cut, estimate, _ = self._cut_waits
            self._cut_waits = None
            await self._tell_playback(cut, min(estimate, schedule.sent(cut)), done=True)
        if self._player_reports:
            unplayed = schedule.sent(turn) - self._player.get(turn, 0)
            if unplayed > self._limits.unplayed * self._channel.media.rate_out:
                await self._too_slow()
        elif schedule.sent(turn) and now - self._last_playback >= self._limits.playback_every:
            played = schedule.played(turn, now)
            done = schedule.finished(turn) and played >= schedule.sent(turn)
            if played != self._player.get(turn, 0) or not done:
                self._player[turn] = played
                await self._tell_playback(turn, played, done=done)

    async def _too_slow(self) -> None:
        await self._fail("slow_reader", "The connection is too slow for live audio.", fatal=True)
        await self._hang_up("slow_reader", CloseCode.SLOW_READER)

    def _end_after_speech(self, reason: str) -> None:
        self._ending = (SessionEnded(reason), self._clock() + self._limits.goodbye)

    async def _fail(self, code: str, message: str, *, fatal: bool = False) -> None:
        if code not in ("empty_text", "worker_lost"):
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
