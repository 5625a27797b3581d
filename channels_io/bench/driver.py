"""The driver process: `python -m channels_io.bench.driver < plan.json > run.json`.

A process of its own, so that it judges from outside and stays light: no Django, no engine. It plays
the calls of its plan with the simulators' `BrowserCaller` and writes down what that observed
(`records.py`). With the right to do so it raises its own priority: a caller's microphone does not
wait for the server's processor either. Progress goes to standard error, a line a clip.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import selectors
import sys
import time
from collections.abc import Callable

import msgspec
import numpy as np
from msgspec import Struct
from websockets.exceptions import WebSocketException

from channels_io.bench.corpus import Clip, all_clips
from channels_io.bench.figures import is_right
from channels_io.bench.records import (
    BackChannelRecord,
    BargeInRecord,
    CutRecord,
    Lateness,
    RunRecord,
    TurnRecord,
    encode_run,
)
from channels_io.bench.room import room_noise
from channels_io.live.messages import Clear, Heard
from channels_io.simulators.browser_caller import RATE_IN, RATE_OUT, BrowserCaller, CallFailed, TurnResult, Utterance
from channels_io.simulators.microphone import Speech, cut, quiet_room, speech_of

ANSWER_SECONDS = 6.0
"""No sound by then: a missed turn."""
LONGEST_ANSWER = 15.0
"""Seconds an answer may go on before the driver hangs up and leaves the rest of the call."""
SETTLE_SECONDS = 0.6
"""Between the end of an answer and the next question."""
INTO_SPEECH = 1.0
"""How far into the agent's speech barge-ins and back-channels come."""
GOES_ON = 2.0
"""Seconds after a back-channel's last sound in which a held agent must have gone on."""
LEFT_TO_SAY = 0.5
"""Seconds the agent must have had left to say: who stops by itself was not interrupted."""
GREETING = 0
"""The number of the greeting among the replies."""
SOUND_BEFORE = 0.3
"""Seconds before its first audible window from which a reply is taken down: it may begin softly."""
REFUSALS = {"worker_full", "no_worker", "busy", "refused"}
"""Codes with which a call is not taken."""
CALL_SECONDS = 30.0
CLIP_SECONDS = 40.0
"""A call that takes longer than the first and so many of the second is given up."""


class CallPlan(Struct, frozen=True):
    """One call. Clips that fall into agent speech need `lead`, which is asked before each of them.

    `greeting`: the first of them falls into the greeting instead.
    """

    ticket: str
    clips: tuple[str, ...]
    lead: str = ""
    greeting: bool = False


class Plan(Struct, frozen=True):
    url: str
    calls: tuple[CallPlan, ...]
    at_once: int = 1


class Caller(BrowserCaller):
    """With what only the benchmark asks for."""

    @property
    def lateness(self) -> list[float]:
        """Seconds by which each frame left too late."""
        return self._lateness

    def sound_of(self, turn: int) -> float | None:
        """When reply `turn` became audible here."""
        sound = self._sounds.get(turn)
        return None if sound is None else sound.at

    def newest_reply(self) -> int:
        return max(self._sounds, default=-1)

    def was_cleared(self, since: float) -> bool:
        return self.cleared_at(since) is not None

    def cleared_at(self, since: float) -> float | None:
        """When a reply was cleared for the first time since then."""
        return next((at for at, event in self.events if isinstance(event, Clear) and at >= since), None)

    def heard_between(self, since: float, until: float) -> list[str]:
        return [event.text for at, event in self.events if isinstance(event, Heard) and since <= at < until]

    async def reaches(self, moment: float) -> None:
        """Sleep until `moment` of the monotonic clock, or the call's end."""
        with contextlib.suppress(TimeoutError):
            await self.wait(lambda: self.closed, max(0.0, moment - time.monotonic()))

    async def comes_true(self, condition: Callable[[], bool], seconds: float) -> bool:
        """`wait` that says whether it came true instead of raising."""
        with contextlib.suppress(TimeoutError):
            await self.wait(lambda: condition() or self.closed, seconds)
        return condition()


class Observer:
    """Collects what the calls of one run showed; `tell` is given a line for each clip and each problem."""

    def __init__(self, tell: Callable[[str], None], count: int = 1) -> None:
        self._tell = tell
        self._count = count
        self._played = 0
        self.clips = all_clips()
        self.speech: dict[str, Speech] = {}
        self.rooms: dict[float | None, tuple[bytes, ...]] = {None: quiet_room()}
        self.turns: list[TurnRecord] = []
        self.barge_ins: list[BargeInRecord] = []
        self.back_channels: list[BackChannelRecord] = []
        self.skipped: list[str] = []
        self.problems: list[str] = []
        self.lateness: list[float] = []
        self.greetings_ms: list[float] = []
        self.cuts: list[CutRecord] = []
        self.refused = 0
        self.call_seconds = 0.0

    def load(self, calls: tuple[CallPlan, ...]) -> None:
        """Make all frames of all clips: during a call nothing is left to do but to send them."""
        for name in {name for call in calls for name in (*call.clips, call.lead) if name}:
            clip = self.clips[name]
            if clip.noise_dbfs is not None and clip.noise_dbfs not in self.rooms:
                self.rooms[clip.noise_dbfs] = cut(room_noise(2 * RATE_IN, clip.noise_dbfs))
            room = self.rooms[clip.noise_dbfs]
            self.speech[name] = speech_of(clip.samples(), start=clip.speech_start, end=clip.speech_end + 1, room=room)

    async def play(self, number: int, url: str, plan: CallPlan) -> None:
        """One call of the plan; a refused or broken one is noted, the others go on."""
        try:
            async with asyncio.timeout(CALL_SECONDS + CLIP_SECONDS * len(plan.clips)):
                async with Caller.connect(url, plan.ticket) as caller:
                    assert isinstance(caller, Caller)
                    try:
                        await self._talk(caller, number, plan)
                    finally:
                        self.call_seconds += time.monotonic() - caller.opened
                        greeted = caller.sound_of(GREETING)
                        self.greetings_ms += [] if greeted is None else [(greeted - caller.opened) * 1000]
                        self.lateness += caller.lateness
                        for failed in caller.failures:
                            self._problem(f"call {number}: {failed.message} ({failed.code})")
        except* CallFailed as group:
            for error in group.exceptions:
                # A call that was up and then broke has its exception from `speak`: it was taken.
                self.refused += isinstance(error, CallFailed) and error.code in REFUSALS
                self._problem(f"call {number}: {error}")
        except* TimeoutError:
            self._problem(f"call {number}: the agent talked on, or the call did not come to its end")
        except* (OSError, WebSocketException) as broken:
            self._problem(f"call {number}: {broken.exceptions[0]!r}")

    async def _talk(self, caller: Caller, number: int, plan: CallPlan) -> None:
        for position, name in enumerate(plan.clips):
            clip = self.clips[name]
            caller.enter_room(self.rooms[clip.noise_dbfs])
            if clip.kind in {"barge_in", "back_channel"}:
                await self._fall_into(caller, clip, "" if plan.greeting and position == 0 else plan.lead)
                continue
            await self._pause(caller)
            if caller.closed:
                self._problem(f"call {number} ended before {clip.id}")
                return
            turn = await _ask(caller, clip, self.speech[name], number, position)
            self.turns.append(turn)
            self._say(_in_words(turn))

    async def _pause(self, caller: Caller) -> None:
        await caller.wait_until_quiet(LONGEST_ANSWER)
        await caller.reaches(time.monotonic() + SETTLE_SECONDS)

    async def _fall_into(self, caller: Caller, clip: Clip, lead: str) -> None:
        """Speak `clip` one second into what the agent says: its greeting, or the answer to `lead`."""
        before = -1
        if lead:
            await self._pause(caller)
            before = caller.newest_reply()
            await caller.speak(self.speech[lead])
        await caller.comes_true(
            lambda: caller.newest_reply() > before and caller.sound_of(caller.newest_reply()) is not None,
            ANSWER_SECONDS,
        )
        sound = caller.sound_of(caller.newest_reply()) if caller.newest_reply() > before else None
        if sound is None:
            self._skip(clip)
            return
        await caller.reaches(sound + INTO_SPEECH)
        utterance = await caller.speak(self.speech[clip.id])
        if not utterance.agent_sounding:
            self._skip(clip)
        elif clip.kind == "back_channel":
            await self._back_channel(caller, clip, utterance)
        else:
            await self._barge_in(caller, clip, utterance)

    async def _back_channel(self, caller: Caller, clip: Clip, utterance: Utterance) -> None:
        await caller.reaches((utterance.ended or time.monotonic()) + GOES_ON)
        still_held = utterance.held_since is not None
        await caller.wait_until_quiet(LONGEST_ANSWER)
        stopped = still_held or caller.was_cleared(utterance.began)
        if not stopped and _ended_by_itself(caller, utterance):
            self._skip(clip)
            return
        held = utterance.held_ms
        self.back_channels.append(BackChannelRecord(clip.id, stopped, held))
        paused = "" if held is None else f", held it for {held:.0f} ms"
        self._say(f"{clip.id}  {'stopped the agent' if stopped else 'did not stop the agent'}{paused}")

    async def _barge_in(self, caller: Caller, clip: Clip, utterance: Utterance) -> None:
        await caller.comes_true(lambda: utterance.silent_ms is not None and bool(utterance.turns), ANSWER_SECONDS)
        silent = None if _went_on(caller, utterance) else utterance.silent_ms
        if silent is None and _ended_by_itself(caller, utterance):
            self._skip(clip)
            return
        heard = " ".join(caller.turns[turn].heard for turn in utterance.turns)
        if silent is not None:
            self._cut(caller, clip, utterance)
        self.barge_ins.append(BargeInRecord(clip.id, utterance.ducked_ms, silent, heard))
        self._say(f"{clip.id}  {'the agent talked on' if silent is None else f'silent after {silent:.0f} ms'}")

    def _cut(self, caller: Caller, clip: Clip, utterance: Utterance) -> None:
        """Keep what sounded of the reply that was interrupted: its words are compared with the transcript later."""
        sound = caller.sound_of(utterance.over)
        if sound is None or utterance.silent_ms is None or caller.ready is None:
            return
        # Held first, it may have gone on for a while before it was cleared.
        silent_at = caller.cleared_at(utterance.began) or utterance.began + utterance.silent_ms / 1000
        seconds = silent_at - (sound - SOUND_BEFORE)
        played = caller.player.heard(sound - SOUND_BEFORE)[: round(seconds * RATE_OUT)]
        self.cuts.append(
            CutRecord(clip.id, caller.ready.conversation, utterance.over, played.astype("<i2", copy=False).tobytes())
        )

    def _skip(self, clip: Clip) -> None:
        self.skipped.append(clip.id)
        self._say(f"{clip.id}  had nothing to fall into")

    def _say(self, text: str) -> None:
        self._played += 1
        self._tell(f"{self._played:4} of {self._count}  {text}")

    def _problem(self, text: str) -> None:
        self.problems.append(text)
        self._tell(text)

    def record(self, plan: Plan) -> RunRecord:
        seen = {turn.clip for turn in self.turns} | {item.clip for item in self.barge_ins}
        seen |= {item.clip for item in self.back_channels} | set(self.skipped)
        return RunRecord(
            turns=tuple(self.turns),
            barge_ins=tuple(self.barge_ins),
            back_channels=tuple(self.back_channels),
            skipped=tuple(self.skipped),
            not_played=tuple(name for call in plan.calls for name in call.clips if name not in seen),
            lateness_ms=lateness_of(self.lateness),
            call_seconds=self.call_seconds,
            problems=tuple(self.problems),
            greetings_ms=tuple(round(ms, 1) for ms in self.greetings_ms),
            cuts=tuple(self.cuts),
            refused=self.refused,
        )


def lateness_of(seconds: list[float]) -> Lateness:
    if not seconds:
        return Lateness()
    p50, p99, worst = (float(value) * 1000 for value in np.percentile(seconds, (50, 99, 100)))
    return Lateness(len(seconds), p50, p99, worst)


def _ended_by_itself(caller: Caller, utterance: Utterance) -> bool:
    """The reply that the caller spoke into was as good as over."""
    return caller.player.turn_ends(utterance.over) < utterance.began + LEFT_TO_SAY


def _went_on(caller: Caller, utterance: Utterance) -> bool:
    """The reply that the caller spoke into was held, then released, and more of it sounded."""
    if utterance.held_ms is None or caller.was_cleared(utterance.began):
        return False
    return caller.player.played(utterance.over, time.monotonic()) > utterance.said_by_then


def _in_words(turn: TurnRecord) -> str:
    if turn.cut_off:
        return f"{turn.clip}  cut off"
    return f"{turn.clip}  no answer" if turn.v2v_ms is None else f"{turn.clip}  {turn.v2v_ms:.0f} ms"


async def _ask(caller: Caller, clip: Clip, speech: Speech, number: int, position: int) -> TurnRecord:
    asked = max(caller.turns, default=-1)
    utterance = await caller.speak(speech)
    began = utterance.began
    ended = utterance.ended if utterance.ended is not None else time.monotonic()

    def answers() -> list[TurnResult]:
        return [turn for turn in caller.turns.values() if turn.number > asked and turn.sound_at is not None]

    await caller.comes_true(lambda: bool(answers()), ANSWER_SECONDS)
    if answers():
        await caller.comes_true(lambda: answers()[-1].done and bool(answers()[-1].spans), LONGEST_ANSWER)
    turn = answers()[-1] if answers() else None
    cut_off = _is_cut_off(caller, utterance, began, ended)
    said = turn.said if turn else ""
    return TurnRecord(
        clip=clip.id,
        kind=clip.kind,
        call=number,
        position=position,
        heard=" ".join(caller.heard_between(began, time.monotonic())),
        said=said,
        v2v_ms=turn.v2v_ms if turn and not cut_off else None,
        spans=turn.spans if turn else (),
        prompt_tokens=turn.prompt_tokens if turn else 0,
        cached_tokens=turn.cached_tokens if turn else 0,
        reply_tokens=turn.reply_tokens if turn else 0,
        cut_off=cut_off,
        right=is_right(said, clip.expect) if clip.expect else None,
    )


def _is_cut_off(caller: Caller, utterance: Utterance, began: float, ended: float) -> bool:
    """The agent took the turn, or became audible, before the caller had finished."""
    taken = bool(caller.heard_between(began, ended))
    return taken or any(caller.turns[turn].cut_off for turn in utterance.turns)


async def run(plan: Plan, tell: Callable[[str], None] = lambda text: None) -> RunRecord:
    """Play all calls, `at_once` of them at a time."""
    observer = Observer(tell, sum(len(call.clips) for call in plan.calls))
    observer.load(plan.calls)
    waiting = list(enumerate(plan.calls))
    waiting.reverse()

    async def line(offset: float) -> None:
        # Callers do not breathe in step: spread them over the frame and over two seconds.
        await asyncio.sleep(offset)
        while waiting:
            number, planned = waiting.pop()
            await observer.play(number, plan.url, planned)

    async with asyncio.TaskGroup() as tasks:
        for index in range(plan.at_once):
            tasks.create_task(line(index * 0.313 % 1.9))
    return observer.record(plan)


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop whose timers are exact: epoll, the default, counts in milliseconds and rounds up."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def hurry() -> bool:
    """Run before everything else where that is allowed: a few thousand frames a minute cost the server next to nothing.

    True when it was allowed, so that only the machine can make this process late.
    """
    with contextlib.suppress(PermissionError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        return True
    with contextlib.suppress(PermissionError):
        os.nice(-10)
    return False


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    urgent = hurry()
    # A pass over all that numpy and the rest have loaded takes longer than a frame may be late.
    gc.collect()
    gc.freeze()
    gc.disable()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        record = runner.run(run(plan, _say))
    record = msgspec.structs.replace(record, driver_cpu_seconds=time.process_time(), driver_urgent=urgent)
    sys.stdout.buffer.write(encode_run(record))


if __name__ == "__main__":
    main()
