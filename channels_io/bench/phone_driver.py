"""The driver process for the telephone: `python -m channels_io.bench.phone_driver < plan.json > run.json`.

As `driver.py`, with the caller on the Twilio simulator's media stream: 8 kHz µ-law, the carrier's play-out buffer in
between. From outside it sees sound only, so what was understood and said is joined to its records afterwards
(`phone.py`). Voice-to-voice runs from the moment when the frame with the last audible sample was due to the moment
when the first 20 ms of the answer begin to play in the carrier's buffer.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from channels_io.bench.corpus import Clip, all_clips
from channels_io.bench.driver import (
    ANSWER_SECONDS,
    CALL_SECONDS,
    CLIP_SECONDS,
    GOES_ON,
    INTO_SPEECH,
    LONGEST_ANSWER,
    SETTLE_SECONDS,
    hurry,
    lateness_of,
    new_loop,
)
from channels_io.bench.records import BackChannelRecord, BargeInRecord, RunRecord, TurnRecord
from channels_io.bench.room import room_noise
from channels_io.simulators.twilio import Phone, SpokenRecord, TwilioSimulator
from channels_io.simulators.twilio import media as sound
from channels_io.simulators.twilio.ear import RATE
from channels_io.simulators.twilio.media import clip_of, frames_of
from channels_io.simulators.twilio.phone import CallOver, now
from inference.audio import resample

CORPUS_RATE = 16_000
QUIET_SECONDS = 0.8
"""Silence after which an answer counts as over."""
STILL_ITS_OWN = 0.3
"""Seconds that the agent must have had left to say, or it stopped by itself."""


class PhonePlan(Struct, frozen=True):
    """One call to the webhook `url` of a number; clips as in `driver.CallPlan`."""

    url: str
    to: str
    clips: tuple[str, ...]
    lead: str = ""
    greeting: bool = False


class PhonesPlan(Struct, frozen=True):
    """`public`: base URL that is signed; `served`: where it listens."""

    public: str
    served: str
    account_sid: str
    auth_token: str
    calls: tuple[PhonePlan, ...]


class Spoken(Struct, frozen=True):
    """When a clip was said, on the wall clock: what finds its turns in the database."""

    clip: str
    call: str
    """The carrier's id of the call."""
    began: float
    ended: float


class PhoneRun(Struct, frozen=True):
    """`spoken`: of every clip and lead, in the order of the run."""

    run: RunRecord
    spoken: tuple[Spoken, ...] = ()


class Observer:
    def __init__(self, twilio: TwilioSimulator, tell: Callable[[str], None]) -> None:
        self._twilio = twilio
        self._tell = tell
        self._clips = all_clips()
        self._speech: dict[str, sound.Clip] = {}
        self._rooms: dict[float | None, tuple[sound.Frame, ...]] = {None: sound.room()}
        self.turns: list[TurnRecord] = []
        self.barge_ins: list[BargeInRecord] = []
        self.back_channels: list[BackChannelRecord] = []
        self.skipped: list[str] = []
        self.problems: list[str] = []
        self.lateness: list[float] = []
        self.greetings_ms: list[float] = []
        self.spoken: list[Spoken] = []
        self.call_seconds = 0.0
        self.refused = 0

    def load(self, calls: tuple[PhonePlan, ...]) -> None:
        """All frames of all clips beforehand: during a call nothing is left but to send them."""
        for name in {name for call in calls for name in (*call.clips, call.lead) if name}:
            clip = self._clips[name]
            if clip.noise_dbfs not in self._rooms and clip.noise_dbfs is not None:
                noise = room_noise(2 * CORPUS_RATE, clip.noise_dbfs)
                self._rooms[clip.noise_dbfs] = frames_of(resample(noise, CORPUS_RATE, RATE))
            samples = resample(clip.samples(), CORPUS_RATE, RATE)
            self._speech[name] = clip_of(samples, start=clip.speech_start // 2, end=(clip.speech_end + 1) // 2)

    async def play(self, number: int, plan: PhonePlan) -> None:
        """One call; one that is not taken or breaks is noted, the others go on."""
        phone: Phone | None = None
        try:
            async with asyncio.timeout(CALL_SECONDS + CLIP_SECONDS * len(plan.clips)):
                async with self._twilio.calling(plan.to, to_webhook=plan.url, sender=_stranger(number)) as phone:
                    await phone.wait_answered()
                    await self._talk(phone, number, plan)
        except CallOver as error:
            self._problem(f"call {number}: {error}")
        except TimeoutError:
            self._problem(f"call {number}: the agent talked on, or the call did not come to its end")
        finally:
            if phone is not None:
                self._note(phone, number)

    def _note(self, phone: Phone, number: int) -> None:
        record = phone.record
        self.refused += record.answered is None
        for problem in record.problems:
            self._problem(f"call {number}: {problem.message} ({problem.code})")
        if record.answered is not None and record.ended is not None:
            self.call_seconds += record.ended - record.answered
        for stream in record.streams:
            self.lateness += stream.lateness
            if stream.opened is not None and (began := record.ear.sounds.first_from(stream.opened)) is not None:
                self.greetings_ms.append((began - stream.opened) * 1000)

    async def _talk(self, phone: Phone, number: int, plan: PhonePlan) -> None:
        for position, name in enumerate(plan.clips):
            clip = self._clips[name]
            phone.mouth.tone = self._rooms[clip.noise_dbfs]
            if clip.kind in {"barge_in", "back_channel"}:
                await self._fall_into(phone, clip, "" if plan.greeting and position == 0 else plan.lead)
                continue
            if position == 0:
                await phone.listen(QUIET_SECONDS, ANSWER_SECONDS + LONGEST_ANSWER)
            await phone.wait(SETTLE_SECONDS)
            self.turns.append(await self._ask(phone, clip, number, position))

    async def _ask(self, phone: Phone, clip: Clip, number: int, position: int) -> TurnRecord:
        spoken = await self._say(phone, clip.id)
        ended = spoken.ended if spoken.ended is not None else now()
        early = _sounded(phone, spoken.began, ended)
        began = await _first_sound(phone, ended, ANSWER_SECONDS)
        if began is not None:
            await phone.listen(QUIET_SECONDS, LONGEST_ANSWER)
        v2v = None if began is None or early else (began - ended) * 1000
        self._tell(f"{clip.id}  {'cut off' if early else 'no answer' if v2v is None else f'{v2v:.0f} ms'}")
        return TurnRecord(clip.id, clip.kind, number, position, v2v_ms=v2v, cut_off=early)

    async def _fall_into(self, phone: Phone, clip: Clip, lead: str) -> None:
        """Speak `clip` one second into what the agent says: its greeting, or the answer to `lead`."""
        if lead:
            await phone.listen(QUIET_SECONDS, LONGEST_ANSWER)
            await phone.wait(SETTLE_SECONDS)
            await self._say(phone, lead)
        if not await phone.into(INTO_SPEECH, ANSWER_SECONDS):
            self._skip(clip)
            return
        left = phone.record.stream.playout.ends - now()
        spoken = await self._say(phone, clip.id)
        silent = _silent_at(phone, spoken.began)
        if silent is None and left < STILL_ITS_OWN and not phone.sounding():
            self._skip(clip)
        elif clip.kind == "back_channel":
            await self._back_channel(phone, clip, spoken, silent)
        else:
            await self._barge_in(phone, clip, spoken, silent)

    async def _barge_in(self, phone: Phone, clip: Clip, spoken: SpokenRecord, silent: float | None) -> None:
        if silent is None:
            await phone.wait(1.0)
            silent = _silent_at(phone, spoken.began)
        ms = None if silent is None else (silent - spoken.began) * 1000
        self.barge_ins.append(BargeInRecord(clip.id, None, ms))
        self._tell(f"{clip.id}  {'the agent talked on' if ms is None else f'silent after {ms:.0f} ms'}")
        await phone.listen(QUIET_SECONDS, ANSWER_SECONDS + LONGEST_ANSWER)

    async def _back_channel(self, phone: Phone, clip: Clip, spoken: SpokenRecord, silent: float | None) -> None:
        """Whether it became a turn of the caller is not heard from outside: `phone.joined` looks it up."""
        ended = spoken.ended if spoken.ended is not None else now()
        again = None
        if silent is not None:
            again = await _first_sound(phone, silent, max(0.1, ended + GOES_ON - now()))
        held = None if silent is None or again is None else (again - silent) * 1000
        self.back_channels.append(BackChannelRecord(clip.id, silent is not None and again is None, held))
        self._tell(
            f"{clip.id}  {'was not held' if silent is None else 'fell silent' if held is None else f'held {held:.0f} ms'}"
        )
        await phone.listen(QUIET_SECONDS, LONGEST_ANSWER)

    async def _say(self, phone: Phone, name: str) -> SpokenRecord:
        spoken = await phone.say(self._speech[name])
        wall = time.time() - now()
        ended = spoken.ended if spoken.ended is not None else now()
        self.spoken.append(Spoken(name, phone.record.sid, wall + spoken.began, wall + ended))
        return spoken

    def _skip(self, clip: Clip) -> None:
        self.skipped.append(clip.id)
        self._tell(f"{clip.id}  had nothing to fall into")

    def _problem(self, text: str) -> None:
        self.problems.append(text)
        self._tell(text)

    def record(self, plan: PhonesPlan) -> RunRecord:
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
            refused=self.refused,
        )


def _stranger(call: int) -> str:
    """A number that never called before: somebody known would be greeted, and remembered, in another way."""
    return f"+1555{int(time.time()) % 100_000:05d}{call % 100:02d}"


def _sounded(phone: Phone, began: float, ended: float) -> bool:
    """The agent began to sound while the caller was speaking."""
    first = phone.ear.sounds.first_from(began)
    return first is not None and first < ended


def _silent_at(phone: Phone, since: float) -> float | None:
    """When the carrier was first told to drop what it had."""
    return next((at for stream in phone.record.streams for at in stream.clears if at >= since), None)


async def _first_sound(phone: Phone, since: float, seconds: float) -> float | None:
    ends = now() + seconds
    while phone.ear.sounds.first_from(since) is None and now() < ends:
        await phone.wait(0.02)
    return phone.ear.sounds.first_from(since)


async def run(plan: PhonesPlan, tell: Callable[[str], None]) -> PhoneRun:
    """All calls, one after another."""
    simulator = TwilioSimulator(
        account_sid=plan.account_sid, auth_token=plan.auth_token, reach={plan.public: plan.served}
    )
    async with simulator:
        observer = Observer(simulator, tell)
        observer.load(plan.calls)
        for number, call in enumerate(plan.calls):
            await observer.play(number, call)
        await simulator.settle()
    return PhoneRun(observer.record(plan), tuple(observer.spoken))


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=PhonesPlan)
    urgent = hurry()
    gc.collect()
    gc.freeze()
    gc.disable()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        found = runner.run(run(plan, _say))
    record = msgspec.structs.replace(found.run, driver_cpu_seconds=time.process_time(), driver_urgent=urgent)
    sys.stdout.buffer.write(msgspec.json.encode(msgspec.structs.replace(found, run=record)))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
