"""The driver process: `python -m channels_io.bench.driver < plan.json > run.json`.

A process of its own, so that it judges from outside and stays light: no Django, no engine. It plays
the calls of its plan with the simulators' `BrowserCaller` and writes down what that observed
(`records.py`). With the right to do so it raises its own priority: a caller's microphone does not
wait for the server's processor either.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable

import msgspec
import numpy as np
from msgspec import Struct

from channels_io.bench.corpus import Clip, load_corpus
from channels_io.bench.records import BackChannelRecord, BargeInRecord, RunRecord, TurnRecord, encode_run
from channels_io.live.messages import Clear, Heard
from channels_io.simulators.browser_caller import BrowserCaller, CallFailed, TurnResult, Utterance

ANSWER_SECONDS = 6.0
"""No sound by then: a missed turn."""
LONGEST_ANSWER = 15.0
"""Seconds an answer may go on before the driver hangs up and leaves the rest of the call."""
SETTLE_SECONDS = 0.6
"""Between the end of an answer and the next question."""
INTO_SPEECH = 1.0
"""How far into the agent's speech barge-ins and back-channels come."""


class CallPlan(Struct, frozen=True):
    """One call. `lead` is asked first when the clips need agent speech to fall into; "" uses the greeting."""

    ticket: str
    clips: tuple[str, ...]
    lead: str = ""


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
        return any(at >= since for at, event in self.events if isinstance(event, Clear))

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
    """Collects what the calls of one run showed."""

    def __init__(self) -> None:
        self.clips = {clip.id: clip for clip in load_corpus()}
        self.turns: list[TurnRecord] = []
        self.barge_ins: list[BargeInRecord] = []
        self.back_channels: list[BackChannelRecord] = []
        self.skipped: list[str] = []
        self.problems: list[str] = []
        self.lateness: list[float] = []
        self.call_seconds = 0.0

    async def play(self, number: int, url: str, plan: CallPlan) -> None:
        """One call of the plan; a refused or broken one is noted, the others go on."""
        try:
            async with Caller.connect(url, plan.ticket) as caller:
                assert isinstance(caller, Caller)
                try:
                    await self._talk(caller, number, [self.clips[name] for name in plan.clips], plan.lead)
                finally:
                    self.call_seconds += time.monotonic() - caller.opened
                    self.lateness += caller.lateness
                    self.problems += [f"call {number}: {failed.message} ({failed.code})" for failed in caller.failures]
        except* CallFailed as group:
            self.problems += [f"call {number}: {error}" for error in group.exceptions]
        except* TimeoutError:
            self.problems.append(f"call {number}: the agent talked on for more than {LONGEST_ANSWER:.0f} s")

    async def _talk(self, caller: Caller, number: int, clips: list[Clip], lead: str) -> None:
        if clips[0].kind in {"barge_in", "back_channel"}:
            if lead:
                await caller.wait_until_quiet(LONGEST_ANSWER)
                await caller.reaches(time.monotonic() + SETTLE_SECONDS)
            before = caller.newest_reply()
            if lead:
                await caller.speak(self.clips[lead].samples())
            await caller.comes_true(
                lambda: caller.newest_reply() > before and caller.sound_of(caller.newest_reply()) is not None,
                ANSWER_SECONDS,
            )
            await self._fall_into(caller, clips[0])
            return
        for position, clip in enumerate(clips):
            await caller.wait_until_quiet(LONGEST_ANSWER)
            await caller.reaches(time.monotonic() + SETTLE_SECONDS)
            if caller.closed:
                self.problems.append(f"call {number} ended before {clip.id}")
                return
            self.turns.append(await _ask(caller, clip, number, position))

    async def _fall_into(self, caller: Caller, clip: Clip) -> None:
        """Speak `clip` one second into what the agent is saying."""
        sound = caller.sound_of(caller.newest_reply())
        if sound is None:
            self.skipped.append(clip.id)
            return
        await caller.reaches(sound + INTO_SPEECH)
        utterance = await caller.speak(clip.samples(), end=clip.speech_end + 1)
        if not utterance.agent_sounding:
            self.skipped.append(clip.id)
            return
        if clip.kind == "back_channel":
            await caller.wait_until_quiet(LONGEST_ANSWER)
            self.back_channels.append(BackChannelRecord(clip.id, stopped=caller.was_cleared(utterance.began)))
            return
        await caller.comes_true(lambda: utterance.silent_ms is not None and bool(utterance.turns), ANSWER_SECONDS)
        ended_by_itself = utterance.silent_ms is None and caller.player.ends() < utterance.began + INTO_SPEECH / 2
        if ended_by_itself:
            self.skipped.append(clip.id)
            return
        heard = " ".join(caller.turns[turn].heard for turn in utterance.turns)
        self.barge_ins.append(BargeInRecord(clip.id, utterance.ducked_ms, utterance.silent_ms, heard))

    def record(self) -> RunRecord:
        return RunRecord(
            turns=tuple(self.turns),
            barge_ins=tuple(self.barge_ins),
            back_channels=tuple(self.back_channels),
            skipped=tuple(self.skipped),
            lateness_p99_ms=float(np.percentile(self.lateness, 99)) * 1000 if self.lateness else 0.0,
            call_seconds=self.call_seconds,
            problems=tuple(self.problems),
        )


async def _ask(caller: Caller, clip: Clip, number: int, position: int) -> TurnRecord:
    began = time.monotonic()
    asked = max(caller.turns, default=-1)
    utterance = await caller.speak(clip.samples(), end=clip.speech_end + 1)
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
        right=any(word in said.lower() for word in clip.expect) if clip.expect and said else None,
    )


def _is_cut_off(caller: Caller, utterance: Utterance, began: float, ended: float) -> bool:
    """The agent took the turn, or became audible, before the caller had finished."""
    taken = bool(caller.heard_between(began, ended))
    return taken or any(caller.turns[turn].cut_off for turn in utterance.turns)


async def run(plan: Plan) -> RunRecord:
    """Play all calls, `at_once` of them at a time."""
    observer = Observer()
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
    return observer.record()


def _hurry() -> None:
    """Run before everything else where that is allowed: a few thousand frames a minute cost the server next to nothing."""
    with contextlib.suppress(PermissionError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        return
    with contextlib.suppress(PermissionError):
        os.nice(-10)


def main() -> None:
    _hurry()
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(encode_run(asyncio.run(run(plan))))


if __name__ == "__main__":
    main()
