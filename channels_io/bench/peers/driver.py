"""The driver process of the comparison: `python -m channels_io.bench.peers.driver < plan.json > runs.json`.

Calls are made one after the other in the order of the plan, which alternates between the stacks, so
that whatever the machine does to one of them it does to the others. Parley's calls are judged by
`bench.driver.Observer`, a peer's by the same rules on its own wire.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct
from websockets.exceptions import WebSocketException

from channels_io.bench.corpus import Clip, all_clips
from channels_io.bench.driver import (
    ANSWER_SECONDS,
    CALL_SECONDS,
    CLIP_SECONDS,
    INTO_SPEECH,
    LEFT_TO_SAY,
    LONGEST_ANSWER,
    CallPlan,
    Observer,
    Plan,
    hurry,
    lateness_of,
    new_loop,
)
from channels_io.bench.figures import is_right
from channels_io.bench.peers.caller import PeerCaller, PeerUtterance
from channels_io.bench.records import BargeInRecord, RunRecord, TurnRecord
from channels_io.simulators.browser_caller import CallFailed
from channels_io.simulators.microphone import Speech, quiet_room, speech_of

PARLEY = "parley"
GREETING_SECONDS = 20.0
"""A peer may load things when a call begins; the caller waits for the greeting."""
QUIET_SECONDS = 1.2
"""A peer does not tell when its answer is over: it is after so much silence."""


class PeerPlan(Struct, frozen=True):
    """One call. `stack` names its column; a ticket: it goes to Parley, else `url` is the peer's whole address."""

    stack: str
    url: str
    clips: tuple[str, ...]
    ticket: str = ""
    lead: str = ""


class PeersPlan(Struct, frozen=True):
    calls: tuple[PeerPlan, ...]


class PeerObserver:
    """What `bench.driver.Observer` is for Parley: collects what the calls to one peer showed."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.clips = all_clips()
        self.speech: dict[str, Speech] = {}
        self.turns: list[TurnRecord] = []
        self.barge_ins: list[BargeInRecord] = []
        self.skipped: list[str] = []
        self.problems: list[str] = []
        self.lateness: list[float] = []
        self.call_seconds = 0.0
        self._planned: list[str] = []

    def load(self, calls: tuple[PeerPlan, ...]) -> None:
        """Make all frames of all clips beforehand."""
        for name in {name for call in calls for name in (*call.clips, call.lead) if name}:
            clip = self.clips[name]
            self.speech[name] = speech_of(
                clip.samples(), start=clip.speech_start, end=clip.speech_end + 1, room=quiet_room()
            )

    async def play(self, number: int, plan: PeerPlan) -> None:
        """One call; a refused or broken one is noted, the others go on."""
        self._planned += plan.clips
        try:
            async with asyncio.timeout(CALL_SECONDS + CLIP_SECONDS * len(plan.clips)):
                async with PeerCaller.connect(plan.url) as caller:
                    try:
                        await self._talk(caller, number, plan)
                    finally:
                        self.call_seconds += time.monotonic() - caller.opened
                        self.lateness += caller.lateness
        except CallFailed as error:
            self._problem(f"call {number}: {error}")
        except TimeoutError:
            self._problem(f"call {number}: the peer talked on, or the call did not come to its end")
        except (OSError, WebSocketException) as error:
            self._problem(f"call {number}: {error!r}")

    async def _talk(self, caller: PeerCaller, number: int, plan: PeerPlan) -> None:
        if not await caller.comes_true(lambda: caller.greeting.at is not None, GREETING_SECONDS):
            self._problem(f"call {number}: no greeting")
        for position, name in enumerate(plan.clips):
            await caller.wait_until_quiet(QUIET_SECONDS, LONGEST_ANSWER)
            clip = self.clips[name]
            if clip.kind == "barge_in":
                await self._fall_into(caller, clip, plan.lead)
                continue
            record = turn_record(clip, number, position, await self._ask(caller, name))
            self.turns.append(record)
            self._tell(f"{plan.stack:<16} {record.clip}  {_outcome(record)}")

    async def _ask(self, caller: PeerCaller, name: str) -> PeerUtterance:
        utterance = await caller.speak(self.speech[name])
        await caller.comes_true(lambda: utterance.sound.at is not None, ANSWER_SECONDS)
        if utterance.sound.at is not None:
            await caller.wait_until_quiet(QUIET_SECONDS, LONGEST_ANSWER)
        return utterance

    async def _fall_into(self, caller: PeerCaller, clip: Clip, lead: str) -> None:
        """Speak `clip` one second into the answer to `lead`."""
        asked = await caller.speak(self.speech[lead])
        await caller.comes_true(lambda: asked.sound.at is not None, ANSWER_SECONDS)
        if asked.sound.at is None:
            self.skipped.append(clip.id)
            return
        await caller.reaches(asked.sound.at + INTO_SPEECH)
        utterance = await caller.speak(self.speech[clip.id])
        await caller.comes_true(lambda: utterance.silent_at is not None, ANSWER_SECONDS)
        if not utterance.sounding or (
            utterance.silent_at is None and caller.audible_until < utterance.began + LEFT_TO_SAY
        ):
            self.skipped.append(clip.id)
            return
        await caller.comes_true(lambda: bool(utterance.heard), ANSWER_SECONDS)
        self.barge_ins.append(BargeInRecord(clip.id, None, utterance.silent_ms, " ".join(utterance.heard)))

    def _problem(self, text: str) -> None:
        self.problems.append(text)
        self._tell(text)

    def record(self) -> RunRecord:
        seen = {turn.clip for turn in self.turns} | {item.clip for item in self.barge_ins} | set(self.skipped)
        return RunRecord(
            turns=tuple(self.turns),
            barge_ins=tuple(self.barge_ins),
            skipped=tuple(self.skipped),
            not_played=tuple(name for name in self._planned if name not in seen),
            lateness_ms=lateness_of(self.lateness),
            call_seconds=self.call_seconds,
            problems=tuple(self.problems),
        )


def turn_record(clip: Clip, number: int, position: int, utterance: PeerUtterance) -> TurnRecord:
    said = " ".join(utterance.said).strip()
    return TurnRecord(
        clip=clip.id,
        kind=clip.kind,
        call=number,
        position=position,
        heard=" ".join(utterance.heard).strip(),
        said=said,
        v2v_ms=utterance.v2v_ms,
        cut_off=utterance.cut_off,
        right=is_right(said, clip.expect) if clip.expect else None,
    )


def _outcome(turn: TurnRecord) -> str:
    if turn.cut_off:
        return "cut off"
    return "no answer" if turn.v2v_ms is None else f"{turn.v2v_ms:.0f} ms"


async def run(plan: PeersPlan, tell: Callable[[str], None] = lambda text: None) -> dict[str, RunRecord]:
    """Play all calls in order; what was observed, by stack."""
    own = tuple(call for call in plan.calls if call.ticket)
    parley = Observer(lambda text: tell(f"{PARLEY:<16} {text}"), sum(len(call.clips) for call in own))
    calls = tuple(CallPlan(call.ticket, call.clips, call.lead) for call in own)
    parley.load(calls)
    peers: dict[str, PeerObserver] = {}
    for call in plan.calls:
        if not call.ticket and call.stack not in peers:
            peers[call.stack] = PeerObserver(tell)
            peers[call.stack].load(tuple(other for other in plan.calls if other.stack == call.stack))
    for number, call in enumerate(plan.calls):
        if call.ticket:
            await parley.play(number, call.url, CallPlan(call.ticket, call.clips, call.lead))
        else:
            await peers[call.stack].play(number, call)
    runs = {name: observer.record() for name, observer in peers.items()}
    if own:
        runs[PARLEY] = parley.record(Plan(own[0].url, calls))
    return runs


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=PeersPlan)
    hurry()
    gc.collect()
    gc.freeze()
    gc.disable()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runs = runner.run(run(plan, _say))
    sys.stdout.buffer.write(msgspec.json.encode(runs))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
