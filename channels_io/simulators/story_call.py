"""A call that follows a script by what the agent says: each thing is said when its question has been asked, and again when it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from channels.db import database_sync_to_async
from django.db.models import QuerySet

from channels_io.bench.corpus import RATE as CORPUS_RATE
from channels_io.bench.corpus import all_clips
from channels_io.models import PhoneCall, Turn
from channels_io.simulators.twilio import Phone
from channels_io.simulators.twilio.ear import RATE
from channels_io.simulators.twilio.media import clip_of
from channels_io.simulators.twilio.phone import now
from channels_io.simulators.twilio.talk import silent_after
from inference.audio import resample

TRIES: Final = 3
"""So often a thing is said before the caller gives up."""
ANSWER_SECONDS: Final = 45.0
MISSED_SECONDS: Final = 4.0
"""After an answer that asks something else, until the caller says it again."""
LOOK_SECONDS: Final = 0.1


class NotUnderstood(Exception):
    """The call does not get on; the message says where."""


@dataclass(frozen=True, slots=True)
class Beat:
    """`clip` (of the corpora) is said, or `keys` are pressed; `then`: words of what the agent says to it, "" for anything.

    `into`: said so many seconds into what the agent is saying, not after it.
    """

    clip: str = ""
    keys: str = ""
    then: str = ""
    into: float | None = None

    @property
    def words(self) -> str:
        return all_clips()[self.clip].text if self.clip else f"keys {self.keys}"


@dataclass(slots=True)
class Heard:
    """What came of a beat. Milliseconds."""

    words: str
    heard: str = ""
    """What our side understood of it."""
    after_ms: float | None = None
    """From the last audible sample, or the last key, to the first sound of the answer."""
    cut_ms: float | None = None
    tries: int = 1


@dataclass(slots=True)
class StoryCall:
    """`greeting`: words of the agent's first sentence."""

    phone: Phone
    greeting: str
    tell: Callable[[str], None]
    heard: list[Heard] = field(default_factory=list)

    async def play(self, beats: Sequence[Beat]) -> None:
        """Raises NotUnderstood; CallOver when the call ends before the last answer is over."""
        await self.phone.wait_answered()
        await self._asked(self.greeting, 0)
        for number, beat in enumerate(beats):
            after = beats[number + 1] if number + 1 < len(beats) else None
            await self._beat(beat, cut_short=after is not None and after.into is not None)

    async def _beat(self, beat: Beat, *, cut_short: bool) -> None:
        """`cut_short`: what is said next interrupts the answer, which is not waited for."""
        result = Heard(beat.words)
        self.heard.append(result)
        for result.tries in range(1, TRIES + 1):
            before = await self._count(beat.then)
            self.tell(f"caller    {beat.words}" + (" (interrupts)" if beat.into is not None else ""))
            since = await self._do(beat, result)
            if cut_short:
                await self.phone.into(0.0, ANSWER_SECONDS)
            if cut_short or not beat.then or await self._asked(beat.then, before):
                await self._time(result, since)
                return
        raise NotUnderstood(f"The caller said “{beat.words}” {TRIES} times, and “{beat.then}” never came.")

    async def _do(self, beat: Beat, result: Heard) -> float:
        if beat.keys:
            await self.phone.press(beat.keys)
            return now()
        if beat.into is not None and result.tries == 1:
            await self.phone.into(beat.into, ANSWER_SECONDS)
        clip = all_clips()[beat.clip]
        sound = clip_of(
            resample(clip.samples(), CORPUS_RATE, RATE), start=clip.speech_start // 2, end=(clip.speech_end + 1) // 2
        )
        interrupts = beat.into is not None and self.phone.sounding()
        spoken = await self.phone.say(sound)
        if interrupts:
            result.cut_ms = silent_after(self.phone, spoken)
        return spoken.ended if spoken.ended is not None else now()

    async def _time(self, result: Heard, since: float) -> None:
        began = self.phone.ear.sounds.first_from(since)
        result.after_ms = None if began is None else (began - since) * 1000
        waited = "" if result.after_ms is None else f"  ({result.after_ms:.0f} ms)"
        result.heard = await self._last(Turn.Role.CALLER)
        if result.heard and result.heard != result.words:
            self.tell(f"heard     {result.heard}")
        self.tell(f"agent     {await self._last(Turn.Role.AGENT)}{waited}")

    async def _asked(self, words: str, before: int) -> bool:
        """Until the agent has said `words` once more and is silent; False when it said something else, or nothing."""
        ends, quiet_since = now() + ANSWER_SECONDS, 0.0
        while now() < ends:
            await self.phone.wait(LOOK_SECONDS)
            sounding = self.phone.sounding()
            if await self._count(words) > before:
                if not sounding:
                    return True
            elif sounding:
                quiet_since = now()
            elif quiet_since and now() - quiet_since > MISSED_SECONDS:
                return False
        return False

    async def _count(self, words: str) -> int:
        found: int = await database_sync_to_async(self._turns(Turn.Role.AGENT).filter(text__contains=words).count)()
        return found

    async def _last(self, role: Turn.Role) -> str:
        """What this side has said last, as our record has it."""
        rows = self._turns(role).exclude(text="").order_by("-number", "-pk").values_list("text", flat=True)
        return await database_sync_to_async(rows.first)() or ""

    def _turns(self, role: Turn.Role) -> QuerySet[Turn]:
        calls = PhoneCall.objects.filter(provider_id=self.phone.record.sid).values("leg")
        return Turn.objects.filter(leg__in=calls, role=role)
