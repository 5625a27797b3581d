"""What people do to a running leg: watch, whisper, say, hold, take over, talk, give back, end.

Who talks is in the row; this reads it when it is told to, and at each heartbeat. Everything else here is of the moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal
from uuid import uuid4

from django.db import DatabaseError, InterfaceError

from channels_io.base import Channel
from channels_io.end_reasons import EndReason
from channels_io.live import messages as out
from channels_io.live.absence import Absence
from channels_io.live.backstage import Backstage
from channels_io.live.facts import LegFacts, OwnerNow
from channels_io.live.led import Led
from channels_io.live.limits import Limits
from channels_io.live.lines import Line
from channels_io.live.operator_ear import OperatorEar
from channels_io.live.operator_notes import (
    EndNote,
    HereNote,
    HoldNote,
    LeftNote,
    Note,
    OwnerNote,
    SayNote,
    ToldNote,
    TransferNote,
    WatchNote,
    WhisperNote,
    decode_note,
)
from channels_io.live.operator_voice import OperatorVoice, unpack_microphone
from channels_io.live.recorder import Recorder
from channels_io.live.ringing import Ringing
from channels_io.live.tool_names import TRANSFER
from channels_io.live.tool_runner import Toolbox
from channels_io.live.topics import topic_of_leg
from channels_io.live.transcript import Transcript
from channels_io.live.watch_events import OPERATOR, HoldIs, Person, Problem, ReplyWords, Whispered
from channels_io.live.worker import Workers
from inference.events import Control
from inference.used import Use

logger = logging.getLogger(__name__)

LINES: tuple[Line, ...] = ("handed_over", "handed_back", "one_moment", "person_ended")


class Operator:
    """`run()` is a task of the leg, `tick()` is called every few hundredths of a second."""

    def __init__(
        self,
        leg: Led,
        facts: LegFacts,
        channel: Channel,
        backstage: Backstage,
        *,
        recorder: Recorder,
        transcript: Transcript,
        workers: Workers,
        tools: Toolbox,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        """`channel` is the caller's own, which nobody watches: what a person says is told to watchers here."""
        self._leg = leg
        self._facts = facts
        self._channel = channel
        self._hub = backstage.hub
        self._watch = backstage.watch
        self._desk = backstage.desk
        self._transcript = transcript
        self._tools = tools
        self._clock = clock
        self._started = clock()
        self._voice_leg = channel.media.kind == "voice"
        self._now = facts.owner
        self._told: Literal["ai", "human"] = facts.state.owner if facts.state is not None else "ai"
        """Who talks, as the worker knows it."""
        self._held = False
        self._turn: int | None = None
        self._absence = Absence(limits.person_away, limits.person_grace, self._started)
        self._losing = self._prepared = False
        self._reread = asyncio.Event()
        self.voice = OperatorVoice(channel, recorder, self, clock, lambda pcm: self._watch.sound(OPERATOR, pcm))
        self._heard_turn = 0
        self._ear = OperatorEar(facts.spec, facts.conversation, workers, self._heard, self._unheard, clock, self._used)
        self._tone = Ringing(_Tone(channel, self), recorder, self._quiet_for_tone, clock)
        self._watch.owner_is(self._now.owner, self._person(), self._now.number)

    @property
    def by_hand(self) -> bool:
        """A person talks, not the agent."""
        return self._now.owner == "human"

    @property
    def owner_for_worker(self) -> Literal["ai", "human"]:
        """What a worker is opened with: `worker_came` then says how it is."""
        return self._told

    @property
    def held(self) -> bool:
        return self._held

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_notes(tasks))
            tasks.create_task(self._read_again())
            if self._voice_leg:
                tasks.create_task(self._take_sound())
                tasks.create_task(self.voice.run())
                tasks.create_task(self._ear.run())
                tasks.create_task(self._tone.run())
            if self.by_hand:
                self._prepare(tasks)
                await self._begin_by_hand(again=True)

    def _prepare(self, tasks: asyncio.TaskGroup) -> None:
        if self._voice_leg and not self._prepared:
            self._prepared = True
            tasks.create_task(self._leg.prepare(LINES))

    # --- what comes in ----------------------------------------------------------------------------

    async def _take_notes(self, tasks: asyncio.TaskGroup) -> None:
        topic = topic_of_leg(self._facts.conversation, "control")
        with self._hub.listening(topic, renewed=self.read_again) as notes:
            while True:
                note = decode_note(await notes.get())
                if note is not None:
                    await self._on_note(note, tasks)

    async def _on_note(self, note: Note, tasks: asyncio.TaskGroup) -> None:
        match note:
            case WatchNote(watcher=watcher, listen=listen):
                self._watch.come(watcher, listens=listen)
                self._prepare(tasks)  # Who looks on may take over.
            case LeftNote(watcher=watcher):
                self._watch.leave(watcher)
            case HereNote(number=number):
                self._see(number)
            case OwnerNote(number=number) if number > self._now.number:
                self.read_again()
            case WhisperNote(text=text, by=by):
                await self._leg.steer(Control("instruct", text))
                self._transcript.event("whispered", {"text": text, "by": by})
                self._watch.tell(Whispered(text, by))
            case SayNote(text=text, by=by) if not self.by_hand:
                self._transcript.event("said_for_agent", {"text": text, "by": by})
                if not await self._leg.steer(Control("say", text)):
                    self._watch.tell(Problem("worker_lost", "The agent's voice is away just now."))
            case ToldNote(text=text, by=by) if self.by_hand:
                await self._show(text, by)
            case HoldNote(on=on):
                await self._hold(on=on)
            case TransferNote(target=target):
                tasks.create_task(self._transfer(target))
            case EndNote():
                await self._end()

    async def _take_sound(self) -> None:
        with self._hub.listening(topic_of_leg(self._facts.conversation, "microphone")) as line:
            while True:
                found = unpack_microphone(await line.get())
                if found is None or not self.by_hand or found[0] != self._now.number:
                    continue  # Of somebody who owned it before, or does not.
                self._see(found[0])
                self.voice.feed(found[1])
                if self.may_speak():
                    self._ear.feed(found[1])

    # --- whose it is ------------------------------------------------------------------------------

    def read_again(self) -> None:
        """The row may have changed."""
        self._reread.set()

    async def _read_again(self) -> None:
        while True:
            await self._reread.wait()
            self._reread.clear()
            losing, self._losing = self._losing, False
            try:
                now = await (self._desk.lost(self._now.number) if losing else self._desk.now())
            except (DatabaseError, InterfaceError) as error:
                logger.warning("Leg %s does not know who owns it now: %s", self._facts.leg, type(error).__name__)
                continue
            await self._change(now)

    async def _change(self, now: OwnerNow) -> None:
        if now.number <= self._now.number:
            return
        before, self._now = self._now, now
        self._transcript.event("owner", {"owner": now.owner, "by": now.by, "user": now.user, "number": now.number})
        self._watch.owner_is(now.owner, self._person(), now.number)
        if now.owner == before.owner:  # From one person to another, or there and back before this was read.
            self.voice.silence()
            self._absence.seen(self._clock())
            return
        if now.owner == "human":
            await self._begin_by_hand()
        else:
            await self._end_by_hand()
        await self._channel.send(out.OwnerState(now.owner))

    async def _begin_by_hand(self, *, again: bool = False) -> None:
        """`again`: the leg goes on with one that a person had already."""
        self._leg.next_turn()  # What is still on its way of the agent's last reply is older than this.
        await self._leg.fall_silent()
        await self._tell_worker()
        self._ear.listen(on=True)
        if not again:
            await self._leg.say_line("handed_over")
        self._turn = None
        self._absence.seen(self._clock())

    async def _end_by_hand(self) -> None:
        self._ear.listen(on=False)
        self.voice.silence()
        self._watch.quiet("operator")
        await self._hold(on=False)
        await self._leg.say_line("handed_back")
        await self._tell_worker()

    async def _tell_worker(self) -> None:
        if self._told == self._now.owner:
            return
        before, self._told = self._told, self._now.owner
        node = "" if self.by_hand else self._now.node
        if not await self._leg.steer(Control("owner", self._now.owner, node, self._leg.turn + 1)):
            self._told = before

    async def worker_came(self) -> None:
        """A worker has opened the leg: with the owner that the one before knew of."""
        await self._tell_worker()
        if self._held:
            await self._leg.steer(Control("hold"))

    def _person(self) -> Person | None:
        if not self._now.user:
            return None
        self._watch.names[self._now.user] = self._now.name
        return Person(self._now.user, self._now.name)

    # --- the person who talks ---------------------------------------------------------------------

    def may_speak(self) -> bool:
        return self.by_hand and not self._held and self._leg.quiet()

    def voice_turn(self) -> int:
        if self._turn is None or self._turn <= self._leg.last_spoken():
            self._turn = self._leg.next_turn()
        return self._turn

    async def _heard(self, text: str, began: float, ended: float) -> None:
        """The person's words, a moment after they were spoken."""
        turn = self._heard_turn = self._leg.next_turn()
        self._transcript.person_said(turn, text, self._now.user, self._ms(began), self._ms(ended))
        await self._tell_words(turn, text)

    def _used(self, uses: tuple[Use, ...]) -> None:
        self._transcript.used(self._heard_turn, "human", uses)

    async def _show(self, text: str, by: str) -> None:
        """They wrote it, and it is in the record: the page shows it, the agent will know it. `by`: as callers may know them."""
        await self._channel.send(out.OwnerState("human", by))
        turn = self._leg.next_turn()
        self._watch.line(turn, "human", text, self._ms(self._clock()), self._now.name)
        self._watch.tell(ReplyWords(turn, text, "human", done=True))
        await self._tell_words(turn, text)

    async def _tell_words(self, turn: int, text: str) -> None:
        await self._channel.send(out.ReplyText(turn, text))
        await self._channel.send(out.ReplyDone(turn, text, 0))
        await self._leg.steer(Control("told", text, "", self._leg.turn + 1))

    async def _unheard(self, code: str) -> None:
        message = "What you say is not written down at the moment; the caller hears you."
        self._transcript.event("failed", {"code": code, "message": message})
        self._watch.tell(Problem(code, message))

    def _see(self, number: int) -> None:
        """The person is there."""
        if self.by_hand and number == self._now.number:
            self._absence.seen(self._clock())

    async def tick(self) -> None:
        now = self._clock()
        self._watch.tick()
        if not (self.by_hand and self._voice_leg):
            return
        if not self._leg.quiet():
            self._absence.spoken_over(now)
        match self._absence.due(now):
            case "away":
                self._transcript.event("person_away", {"user": self._now.user})
                if not self._held:
                    await self._leg.say_line("one_moment")
            case "lost":
                self._losing = True
                self._reread.set()

    # --- hold, transfer, end ----------------------------------------------------------------------

    async def _hold(self, *, on: bool) -> None:
        if on == self._held:
            return
        self._held = self._watch.held = on
        self._transcript.event("hold", {"on": on})
        self._watch.tell(HoldIs(on))
        self.voice.silence()
        if on:
            await self._leg.fall_silent()
        await self._leg.steer(Control("hold" if on else "resume"))
        self._tone.ring(on=on)

    def _quiet_for_tone(self) -> bool:
        return self._held and self._leg.quiet()

    async def _transfer(self, target: str) -> None:
        if not self.by_hand:
            await self._leg.fall_silent()
            await self._leg.steer(Control("pause"))
        arguments = {"target": target, "mode": "cold", "briefing": ""}
        answer = await self._tools.run(self._facts.spec, TRANSFER, arguments, f"person-{uuid4().hex[:12]}", self._leg)
        self._transcript.event("person_transfer", {"ok": answer.ok, "code": answer.code})
        if not answer.ok:
            self._watch.tell(Problem(answer.code or "failed", "The caller was not put through."))
            if not self.by_hand:
                await self._leg.steer(Control("resume"))

    async def _end(self) -> None:
        await self._hold(on=False)
        self.voice.silence()
        await self._leg.fall_silent()
        await self._leg.say_line("person_ended")
        self._leg.end(EndReason.PERSON_ENDED)

    def _ms(self, at: float) -> int:
        return max(0, round((at - self._started) * 1000))


class _Tone:
    """A hold is heard on every line: it goes out as a person's sound."""

    def __init__(self, channel: Channel, operator: Operator) -> None:
        self.media = channel.media
        self._channel = channel
        self._operator = operator

    async def send_tone(self, pcm: bytes) -> None:
        await self._channel.send_audio(self._operator.voice_turn(), pcm)
