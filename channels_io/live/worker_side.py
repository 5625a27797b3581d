"""The worker's side of a leg: what the line to it brings, and what comes of that for the caller and the record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, assert_never

import msgspec

from channels_io.base import Channel
from channels_io.end_reasons import EndReason
from channels_io.live import messages as out
from channels_io.live.caller_clock import CallerClock
from channels_io.live.facts import LegFacts
from channels_io.live.hold_lines import HoldLines
from channels_io.live.limits import Limits
from channels_io.live.no_worker import end_without_worker
from channels_io.live.operator import Operator
from channels_io.live.own_words import OwnWords
from channels_io.live.speaker import Speaker
from channels_io.live.standing import Standing
from channels_io.live.tool_runner import ToolRunner
from channels_io.live.transcript import Transcript
from channels_io.live.typed import Typed
from channels_io.live.worker_line import WorkerLine
from inference import events as wire
from inference.errors import WorkerError, WorkerFull


class Leg(Protocol):
    """The leg, as what the worker says moves it."""

    def begin_turn(self, turn: int, *, follows: bool = False) -> None:
        """`turn` is the newest; `follows`: it sounds after what sounds now."""

    def break_off(self) -> None:
        """Nobody will settle the reply that sounds now: what was heard of it is kept."""

    async def fail(self, code: str, message: str, *, fatal: bool = False) -> None:
        """Tell the caller, and the record."""

    def end(self, reason: EndReason) -> None:
        """After what is being said."""


class WorkerSide:
    """`run()` is a task of the leg; the rest is called by its line (`worker_line.Party`)."""

    def __init__(
        self,
        leg: Leg,
        standing: Standing,
        line: WorkerLine,
        *,
        facts: LegFacts,
        channel: Channel,
        transcript: Transcript,
        speaker: Speaker,
        words: OwnWords,
        typed: Typed,
        tools: ToolRunner,
        operator: Operator,
        caller_clock: CallerClock,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self._leg = leg
        self._standing = standing
        self._line = line
        self._facts = facts
        self._channel = channel
        self._transcript = transcript
        self._speaker = speaker
        self._words = words
        self._typed = typed
        self._tools = tools
        self._operator = operator
        self._caller_clock = caller_clock
        self._limits = limits
        self._clock = clock
        self._voice = channel.media.kind == "voice"
        self._hold_lines = HoldLines(limits.comfort)
        self._waited = self._was_up = False
        self.settled = asyncio.Event()
        """Set when the worker has said a state, or is gone for good."""

    async def run(self) -> None:
        try:
            await self._line.run(self)
        except WorkerError as error:
            if isinstance(error, WorkerFull) and self._waited:
                await self._words.say_to_its_end("busy_goodbye", self._limits.goodbye)
            end, code, message = end_without_worker(error, was_up=self._was_up)
            await self._leg.fail(code, message, fatal=True)
            raise end from error
        self.settled.set()

    def opening(self, *, resumed: bool) -> wire.Open:
        state: wire.ConversationState | None = self._facts.state
        if resumed:  # One turn on: on a voice leg the web's own "I'm back" takes it.
            owner = self._operator.owner_for_worker
            state = msgspec.structs.replace(
                self._standing.state, turn=self._standing.turn + 1, greeted=True, owner=owner
            )
        elif self._waited or self._facts.comeback:  # The worker's turns come after the web's own sentences.
            state = msgspec.structs.replace(state or self._standing.state, turn=self._standing.turn + 1)
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
        self._standing.last_inbound = self._clock()  # A page says nothing before it is connected.
        await self._channel.send(out.Waiting(place))
        for line in self._hold_lines.due(place, self._clock()):
            await self._words.say(line)

    @property
    def by_hand(self) -> bool:
        return self._operator.by_hand

    async def on_moved(self) -> None:
        self._begin_anew()
        self._transcript.event("worker_changed")
        self._leg.begin_turn(self._standing.turn + 1)
        await self._operator.worker_came()

    def _begin_anew(self) -> None:
        """Another worker has the leg: it counts samples, and knows agents, from the beginning."""
        self._caller_clock.restart()
        self._tools.begin_again()

    async def on_worker(self, *, resumed: bool) -> None:
        self._begin_anew()
        self._standing.say_again_at = None
        if resumed:
            self._transcript.event("worker_back")
            if self._voice and self._standing.ending is None and not self.by_hand:
                await self._words.say("resumed")
            else:
                self._leg.begin_turn(self._standing.turn + 1)
            await self._operator.worker_came()
            return
        self._was_up = True
        if self._waited:
            if not self._speaker.silent():
                await self._speaker.cut(self._standing.turn)
            self._leg.begin_turn(self._standing.turn + 1)
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
        self._standing.answer_due = None
        self._tools.worker_lost()
        self._transcript.event("worker_lost")
        if not self._speaker.silent():
            await self._speaker.cut(self._standing.turn)
        await self._speaker.release()
        self._leg.break_off()
        if self._standing.ending is not None:
            return
        if (
            self.by_hand
        ):  # The caller misses nothing: a person talks. What the caller says is not written down meanwhile.
            await self._leg.fail("worker_lost", "What the caller says is not written down at the moment.")
            return
        await self._leg.fail("worker_lost", "The agent was interrupted and will be back in a moment.")
        if self._voice:
            await self._words.say("apology")
            self._standing.say_again_at = self._clock() + self._limits.say_again

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
        if self._standing.ending is not None and not isinstance(message, wire.State):
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
                if (
                    message.turn > self._standing.turn
                ):  # It speaks again though nobody was heard: after what it says now.
                    self._leg.begin_turn(message.turn, follows=True)
                if message.turn >= self._standing.turn:
                    await self._on_reply(message)
            case wire.Interrupted(turn=turn):
                if turn > self._standing.turn:  # Older: it was cut here already, and what sounds now is the web's own.
                    self._standing.answer_due = None
                    self._transcript.event("interrupted", {"turn": turn - 1})
                    await self._speaker.cut(turn - 1)
                    self._leg.begin_turn(turn)
            case wire.ToolCall():
                self._standing.answer_due = None
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
        elif floor.turn < self._standing.turn or self.by_hand:
            pass
        elif floor.move == "hold":
            await self._speaker.hold(floor.turn)
        else:
            await self._speaker.duck(floor.turn)

    async def _on_heard(self, heard: wire.Heard) -> None:
        self._line.heard(heard.id)
        if not self._speaker.silent() and not self.by_hand:  # A newer turn: what still sounds is stale.
            await self._speaker.cut(self._standing.turn)
        await self._speaker.release()
        self._leg.begin_turn(heard.turn, follows=self.by_hand)
        now = self._clock()
        # The sample before: an end that lies on the border of two frames belongs to the first.
        spoken = self._caller_clock.arrival(max(0, heard.speech_end - 1)) if heard.source == "voice" else None
        began = self._caller_clock.spoken_at(heard.speech_start) if spoken is not None else None
        self._speaker.waterfall.heard(heard.turn, spoken)
        shown_id = self._typed.shown_id(heard.id)
        self._transcript.heard(heard, self._standing.ms(began or now), self._standing.ms(spoken or now), shown_id)
        if not self.by_hand:
            self._standing.answer_due = now + self._limits.stalled_reply
        await self._channel.send(out.Heard(heard.turn, heard.text, heard.source, shown_id))

    async def _on_reply(self, message: wire.ReplyText | wire.ReplyAudio | wire.ReplyDone | wire.Timing) -> None:
        self._standing.answer_due = None
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
                    self._leg.end(EndReason.AGENT_ENDED)
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
        self._standing.state = state.snapshot
        self._transcript.state(state)
        self._tools.settled()
        self.settled.set()

    async def _on_failed(self, failed: wire.Failed) -> None:
        self._standing.answer_due = None
        await self._leg.fail(failed.code, failed.message)
        if self._voice and failed.code == "voice_failed" and not self.by_hand:
            await self._words.say("apology")
