"""A telephone in a simulated person's hand, for the length of one call: what they do, what they hear.

Everything waits on the event loop's clock; frames leave every 20 ms while the call is up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Protocol

from channels_io.simulators.twilio.ear import FRAME_SECONDS
from channels_io.simulators.twilio.media import Clip, Frame, clip_of, machine_greeting
from channels_io.simulators.twilio.mouth import Mouth
from channels_io.simulators.twilio.people import (
    LISTEN_SECONDS,
    QUIET_SECONDS,
    HangUp,
    Into,
    Listen,
    Person,
    Press,
    Say,
    Step,
    Wait,
)
from channels_io.simulators.twilio.records import CallRecord, SpokenRecord
from inference.audio import Samples

KEYS: Final = frozenset("0123456789*#ABCD")
KEY_SECONDS = 0.1
PAUSE_SECONDS = 0.5
GAP_SECONDS = 0.3
"""Between two words of somebody who is still speaking."""
STALL_SECONDS = 0.2
"""Later than this the line goes on from now: a burst of old sound would be heard at the wrong time."""
LOOK_SECONDS = 0.05
"""Between two looks at whether the other side has fallen quiet."""


class CallOver(Exception):
    """The call ended before this could be done; the message says how."""


class Tap(Protocol):
    """Whoever gets what this person says."""

    async def sound(self, frame: Frame, due: float) -> None: ...

    async def key(self, digit: str) -> None: ...


class Phone:
    """`taps`: who gets its sound and its keys. `speech`: texts of what was said, for <Gather input="speech">."""

    def __init__(self, record: CallRecord, person: Person, ended: Callable[[Phone], None]) -> None:
        self.record = record
        self.person = person
        self.ear = record.ear
        self.mouth = Mouth()
        self.taps: list[Tap] = []
        self.speech: asyncio.Queue[str] = asyncio.Queue()
        self.answered = asyncio.Event()
        self.over = asyncio.Event()
        self._ended = ended
        self._since = now()
        """What sounded before that is not new to the person."""
        self._tasks: list[asyncio.Task[None]] = []

    def answer(self) -> None:
        """The line is open from now on."""
        if self.answered.is_set() or self.over.is_set():
            return
        self._since = now()
        self.answered.set()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._speak()), loop.create_task(self._act(self.person.script))]

    def end(self, by: str, status: str = "completed") -> None:
        """The call is over, whoever ended it: `by` and `status` as in CallRecord. Once."""
        if self.over.is_set():
            return
        self.record.ended_by = by
        self.record.status = status
        self.record.ended = now()
        self.ear.cut(now())
        self.over.set()
        running = asyncio.current_task()
        for task in self._tasks:
            if task is not running:
                task.cancel()
        self._ended(self)

    async def close(self) -> None:
        """After `end`: until nothing of it runs any more."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- what the person does -------------------------------------------------------------------

    async def say(self, audio: Samples | Clip, text: str = "") -> SpokenRecord:
        """Speak; returns when the last frame has left. Raises CallOver."""
        self._check()
        clip = audio if isinstance(audio, Clip) else clip_of(audio, text)
        record = self.mouth.say(clip)
        self.record.spoken.append(record)
        await self._until(lambda: record.ended is not None and not self.mouth.busy, None, FRAME_SECONDS)
        self._since = record.ended if record.ended is not None else now()
        return record

    async def press(self, digits: str) -> None:
        """Keys, one after another; "w" waits half a second. Raises CallOver, ValueError."""
        if wrong := set(digits) - KEYS - {"w"}:
            raise ValueError(f"There is no key {sorted(wrong)[0]!r} on a telephone.")
        for index, digit in enumerate(digits):
            if index:
                await self.wait(KEY_SECONDS)
            self._check()
            if digit == "w":
                await self.wait(PAUSE_SECONDS)
                continue
            self._since = now()
            self.record.pressed.append((now(), digit))
            for tap in tuple(self.taps):
                await tap.key(digit)

    async def listen(self, quiet: float = QUIET_SECONDS, seconds: float = LISTEN_SECONDS) -> bool:
        """Until the other side has said something new and then been quiet so long.

        False when it said nothing within `seconds`, or was still talking then. Raises CallOver.
        """
        found = await self._until(lambda: self._quiet_for(quiet), seconds)
        self._since = now()
        return found

    async def into(self, after: float = 1.0, seconds: float = LISTEN_SECONDS) -> bool:
        """Until the other side has begun something new and is `after` seconds into it. False when it did not."""
        since = self._since
        if not await self._until(lambda: self._sounds_since(since), seconds):
            return False
        began = self.ear.sounds.first_from(since)
        if began is not None:
            await self.wait(max(0.0, began + after - now()))
        return True

    async def wait(self, seconds: float) -> None:
        """Raises CallOver."""
        await self._until(lambda: False, seconds)

    async def wait_answered(self, seconds: float = LISTEN_SECONDS) -> bool:
        """Raises CallOver when the call ends instead."""
        return await self._until(self.answered.is_set, seconds)

    def sounding(self) -> bool:
        """The other side can be heard, but for the gaps between words."""
        ended = self.ear.sounds.last_end()
        return ended is not None and ended > now() - GAP_SECONDS

    def hang_up(self) -> None:
        self.end("person", "completed" if self.answered.is_set() else "canceled")

    async def perform(self, steps: Iterable[Step]) -> None:
        """Raises CallOver."""
        for step in steps:
            match step:
                case Say(audio, text):
                    await self.say(audio, text)
                case Press(digits):
                    await self.press(digits)
                case Wait(seconds):
                    await self.wait(seconds)
                case Listen(seconds, quiet):
                    await self.listen(quiet, seconds)
                case Into(after, seconds):
                    await self.into(after, seconds)
                case HangUp():
                    self.hang_up()
                    return

    async def ended(self) -> CallRecord:
        """When the call is over, whoever ended it."""
        await self.over.wait()
        return self.record

    # --- inside ---------------------------------------------------------------------------------

    async def _act(self, script: tuple[Step, ...]) -> None:
        with suppress(CallOver):
            if self.person.takes == "machine":
                await self.say(machine_greeting(self.person.greeting_seconds, beeps=self.person.beeps))
            await self.perform(script)
            if not self.person.stays:
                self.hang_up()

    async def _speak(self) -> None:
        due = now()
        while not self.over.is_set():
            await asyncio.sleep(max(0.0, due - now()))
            if now() - due > STALL_SECONDS:
                due = now()
            frame = self.mouth.next(due)
            self.record.voice.overlay_silently(frame.ulaw, due)
            for tap in tuple(self.taps):
                await tap.sound(frame, due)
            while self.mouth.finished:
                clip, _ = self.mouth.finished.pop(0)
                if clip.text:
                    self.speech.put_nowait(clip.text)
            due += FRAME_SECONDS

    def _check(self) -> None:
        if self.over.is_set():
            raise CallOver(f"{self.record.sid} is over: {self.record.status}, ended by {self.record.ended_by}.")

    async def _until(self, condition: Callable[[], bool], seconds: float | None, step: float = LOOK_SECONDS) -> bool:
        """Whether it came true within so many seconds. Raises CallOver when the call ends first."""
        ends = None if seconds is None else now() + seconds
        while not condition():
            self._check()
            left = step if ends is None else min(step, ends - now())
            if left <= 0:
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.over.wait()
        return True

    def _sounds_since(self, since: float) -> bool:
        began = self.ear.sounds.first_from(since)
        return began is not None and began <= now()

    def _quiet_for(self, quiet: float) -> bool:
        if not self._sounds_since(self._since):
            return False
        since = self.ear.quiet_since(now())
        return since is not None and now() - since >= quiet


def now() -> float:
    return asyncio.get_running_loop().time()


def bridge(one: Phone, other: Phone) -> Callable[[], None]:
    """Each hears the other, until the returned function is called."""
    taps = ((one, Bridge(other)), (other, Bridge(one)))
    for phone, tap in taps:
        phone.taps.append(tap)

    def part() -> None:
        for phone, tap in taps:
            if tap in phone.taps:
                phone.taps.remove(tap)

    return part


class Bridge:
    """What one says sounds in the other's ear."""

    def __init__(self, other: Phone) -> None:
        self._other = other

    async def sound(self, frame: Frame, due: float) -> None:
        self._other.ear.overlay(frame.ulaw, due)

    async def key(self, digit: str) -> None:
        """Heard as a tone only."""
