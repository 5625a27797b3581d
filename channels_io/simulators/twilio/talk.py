"""A call by hand, told as it goes: what `manage.py simulate call` does with the telephone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from channels_io.simulators.twilio.media import clip_of, hum
from channels_io.simulators.twilio.people import HangUp, Listen, Person, Press, Say, Wait
from channels_io.simulators.twilio.phone import CallOver, Phone, now
from channels_io.simulators.twilio.records import CallRecord, SpokenRecord
from inference.audio import Samples, ulaw_decode

ANSWER_SECONDS = 60.0
ACCEPT, DECLINE = "1", "2"
"""What a person presses to take or to refuse a call that is put through to them."""


@dataclass(frozen=True, slots=True)
class Speak:
    """`samples`: int16 at 8 kHz. `into_ms`: said so far into the answer before it; None: when that is over."""

    name: str
    samples: Samples
    into_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    digits: str

    @property
    def name(self) -> str:
        return f"keys {self.digits}"


Deed = Speak | Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPlan:
    deeds: Sequence[Deed] = ()
    quiet_seconds: float = 1.2
    """So much silence ends an answer."""
    stay_seconds: float = 0.0
    """On the line after the last answer, for whoever is put through to."""


@dataclass(slots=True)
class Answer:
    """How the agent answered one thing that the caller did. Milliseconds; None: it never did."""

    to: str
    after_ms: float | None = None
    cut_ms: float | None = None
    """Of an interruption: until the agent was silent."""


@dataclass(slots=True)
class Talk:
    answers: list[Answer] = field(default_factory=list)


async def talk(phone: Phone, plan: TalkPlan, tell: Callable[[str], None]) -> Talk:
    """Until everything is said and the caller has hung up, or the call is over."""
    result = Talk()
    with suppress(CallOver):
        await phone.wait_answered()
        tell("answered")
        answer, since = Answer(""), phone.record.answered or now()
        result.answers.append(answer)
        for deed in plan.deeds:
            interrupts = isinstance(deed, Speak) and deed.into_ms is not None
            await _hear(phone, plan, answer, since, tell, into_ms=deed.into_ms if isinstance(deed, Speak) else None)
            answer = Answer(deed.name)
            result.answers.append(answer)
            since = await _do(phone, deed, answer, tell, interrupts=interrupts and phone.sounding())
        await _hear(phone, plan, answer, since, tell)
        if plan.stay_seconds:
            tell(f"stays     up to {plan.stay_seconds:.0f} s")
            await phone.wait(plan.stay_seconds)
        phone.hang_up()
    tell(f"over      {phone.record.status}, ended by {_who(phone.record)}")
    return result


async def _do(phone: Phone, deed: Deed, answer: Answer, tell: Callable[[str], None], *, interrupts: bool) -> float:
    """When it was done: what its answer is counted from."""
    if isinstance(deed, Keys):
        tell(f"presses   {deed.digits}")
        await phone.press(deed.digits)
        return now()
    tell(f"says      {deed.name}")
    spoken = await phone.say(clip_of(deed.samples))
    if interrupts:
        answer.cut_ms = silent_after(phone, spoken)
        tell(f"cut off   {'no, it talked on' if answer.cut_ms is None else f'silent after {answer.cut_ms:.0f} ms'}")
    return spoken.ended if spoken.ended is not None else now()


async def _hear(
    phone: Phone,
    plan: TalkPlan,
    answer: Answer,
    since: float,
    tell: Callable[[str], None],
    *,
    into_ms: int | None = None,
) -> None:
    """To the end of the answer, or so far into it that what follows interrupts it."""
    if into_ms is not None:
        heard = await phone.into(into_ms / 1000, ANSWER_SECONDS)
    else:
        heard = await phone.listen(plan.quiet_seconds, ANSWER_SECONDS)
    began = phone.ear.sounds.first_from(since)
    if began is None or not heard:
        tell("answer    none")
        return
    answer.after_ms = (began - since) * 1000
    tell(f"answer    begins after {answer.after_ms:.0f} ms")


def silent_after(phone: Phone, spoken: SpokenRecord) -> float | None:
    """Milliseconds from the first audible sample of the interruption to the `clear` that answered it."""
    for stream in phone.record.streams:
        for cleared in stream.clears:
            if cleared >= spoken.began:
                return (cleared - spoken.began) * 1000
    return None


def person_for(transfers: str) -> Person:
    """Who is there when somebody is put through: "accept", "reject", "busy" or "nobody"."""
    match transfers:
        case "reject":
            return Person(after=0.5, script=(Listen(quiet=1.0), Press(DECLINE)))
        case "busy":
            return Person(takes="busy", after=0.5)
        case "nobody":
            return Person(takes="no-answer", after=0.5)
    voice = ulaw_decode(hum(2.0))
    return Person(
        after=0.5, script=(Listen(quiet=1.0), Press(ACCEPT), Wait(2.0), Say(voice, "Hello, how can I help?"), Wait(2.0), HangUp())
    )  # fmt: skip


def _who(record: CallRecord) -> str:
    return {"person": "the caller", "twiml": "Parley", "api": "Parley"}.get(record.ended_by, record.ended_by)
