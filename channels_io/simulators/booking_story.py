"""`manage.py simulate booking`: one agent, two people, and everything between them, over the whole path and judged afterwards.

The first one calls: an appointment is booked, with an interruption, keys, the clinic's calendar over HTTP, a confirmation by
SMS and a person who takes over. Afterwards they write by WhatsApp, and the conversation that was put through goes on in its
flow. The second one's call breaks off in the middle of the questions, and goes on by WhatsApp where it was.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from asgiref.sync import sync_to_async
from django.db.models import Q

from agents.models import Agent
from channels_io.end_reasons import EndReason
from channels_io.models import Channel, Conversation, Event, Leg, OutboundMessage, PhoneCall
from channels_io.simulators import texting
from channels_io.simulators.clinic_agent import clinic_agent, put_at_desk
from channels_io.simulators.stand_in import NUMBERS, StandIn, find_or_make
from channels_io.simulators.story_call import Beat, Heard, StoryCall
from channels_io.simulators.twilio import CallRecord, HookRecord
from channels_io.simulators.twilio.phone import CallOver
from channels_io.simulators.twilio.talk import person_for
from channels_io.simulators.world import World, clinic_url, world_of
from parley.accounts.models import Workspace

TRANSFER_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 20.0
"""For what is still on its way when the call is over: the SMS's reports, the record's last lines."""
MORE_SECONDS: Final = 2.0
"""After an answer that was read, until the person writes on."""
LOOK_SECONDS: Final = 0.2

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    right: bool
    found: str = ""


@dataclass(slots=True)
class Story:
    """Of both people. `heard`: of their calls; `written`: what the person wrote, and what came back."""

    heard: list[Heard] = field(default_factory=list)
    written: list[tuple[str, list[str]]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return bool(self.checks) and all(check.right for check in self.checks)


@dataclass(frozen=True, slots=True)
class Cast:
    """`other` is the second person who calls."""

    line: StandIn
    chat: StandIn
    caller: str
    other: str
    desk: str


def home_keys(number: str) -> str:
    """One's own number, as one would dial it at home."""
    return number.removeprefix("+1")


def booked_beats(keys: str) -> Sequence[Beat]:
    """Of the first call."""
    return (
        Beat("s1", then="What is it for"),
        Beat("s2", into=1.0, then="Which day"),
        Beat("s3", then="At what time"),
        Beat("s4", then="What is your name"),
        Beat("s5", then="your phone number"),
        Beat(keys=f"{keys}#", then="Is that right"),
        Beat("s6", then="I have sent you a message"),
        Beat("s7", then="I connect you"),
    )


BROKEN: Final = (
    Beat("s1", then="What is it for"),
    Beat("s2", then="Which day"),
    Beat("s3", then="At what time"),
)
"""The second call; nobody ends it politely."""


def after_transfer(keys: str) -> Sequence[str]:
    """What the first person writes: one more appointment, in the flow that the call left for a person."""
    return ("I would like to book another appointment.", "A check-up", "Next Wednesday", *rest("Susan Hill", keys))


def rest(name: str, keys: str) -> Sequence[str]:
    """What is written from the question for the time on."""
    return ("At ten in the morning", name, keys, "Yes")


async def tell_story(workspace: Workspace, tell: Tell, *, caller: str = "", meta: bool = True) -> Story:
    """`caller`: E.164, a number of North America; "" makes one up. `meta`: WhatsApp from Meta, not over Twilio.

    Raises NotUnderstood when the flow did not get on; NothingSimulated, NoPort, NotTaken, OSError as everything simulated.
    """
    agent = await sync_to_async(clinic_agent)(workspace, clinic_url())
    cast = await sync_to_async(_cast)(agent, caller, meta=meta)
    story = Story()
    async with world_of(agent) as world:
        world.twilio.everybody_else(person_for("accept"))
        first = await _booked(world, cast, tell, story)
        await _by_whatsapp(world, cast, cast.caller, after_transfer(home_keys(cast.caller)), tell, story)
        second = await _broken_off(world, cast, tell, story)
        await _by_whatsapp(world, cast, cast.other, rest("Susan Baker", home_keys(cast.other)), tell, story)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await world.twilio.settle()
        await _until(lambda: not _undelivered(cast.line.channel))
        story.checks = [*_judged(world, cast, first), *_judged_written(world, cast)]
        story.checks += await sync_to_async(_judged_record)(cast, first, second)
        story.conversations = await sync_to_async(_conversations)(first, second)
    return story


def _cast(agent: Agent, caller: str, *, meta: bool) -> Cast:
    chance = random.SystemRandom()
    line = find_or_make(agent, "call")
    find_or_make(agent, "sms")
    chat = find_or_make(agent, "whatsapp", meta=meta)
    ours = set(Channel.objects.of(agent.workspace).values_list("address", flat=True))
    free = [number for number in NUMBERS if number not in ours and number != caller]
    desk, other, somebody = chance.sample(free, 3)
    put_at_desk(line.channel, desk)
    return Cast(line, chat, caller or somebody, other, desk)


async def _booked(world: World, cast: Cast, tell: Tell, story: Story) -> CallRecord:
    tell(f"· {cast.caller} calls {cast.line.channel.address}")
    async with world.twilio.calling(cast.line.channel.address, sender=cast.caller) as phone:
        call = StoryCall(phone, "How can I help", tell)
        story.heard = call.heard
        await call.play(booked_beats(home_keys(cast.caller)))
        tell(f"· {cast.desk} rings, hears who it is, and presses 1")
        with suppress(CallOver):
            await phone.wait(TRANSFER_SECONDS)
    await _closed(phone.record.sid)
    await _until(lambda: any(message.status == "delivered" for message in world.twilio.sent_to(cast.caller)))
    return phone.record


async def _broken_off(world: World, cast: Cast, tell: Tell, story: Story) -> CallRecord:
    tell(f"· {cast.other} calls, and the line breaks off")
    async with world.twilio.calling(cast.line.channel.address, sender=cast.other) as phone:
        call = StoryCall(phone, "How can I help", tell)
        await call.play(BROKEN)
        story.heard += call.heard
    await _closed(phone.record.sid)
    return phone.record


async def _by_whatsapp(world: World, cast: Cast, number: str, texts: Sequence[str], tell: Tell, story: Story) -> None:
    tell(f"· {number} goes on by WhatsApp")
    texter = texting.texter_of(world, cast.chat, number)
    for text in texts:
        tell(f"person    {text}")
        got = [each.text for each in await texting.answers(texter, text, more_seconds=MORE_SECONDS)]
        story.written.append((text, got))
        for answer in got:
            tell(f"agent     {answer}")


# --- what came of it ----------------------------------------------------------------------------


def _told(hooks: Sequence[HookRecord], refused: Sequence[HookRecord]) -> str:
    """How many, and which of them were not taken: kind and what each try was answered."""
    tries = [f"{hook.kind} {[attempt.status or attempt.error for attempt in hook.attempts]}" for hook in refused]
    return ", ".join([f"{len(hooks)} webhooks", *tries])


def _judged(world: World, cast: Cast, first: CallRecord) -> list[Check]:
    """Of the first call, as the carrier and the clinic saw it."""
    refused = [hook for hook in world.twilio.hooks if not hook.ok and not hook.left]
    desk = world.twilio.calls_to(cast.desk)
    sms = [message for message in world.twilio.sent_to(cast.caller) if message.body.startswith("Smile Dental")]
    stream = first.streams[0] if first.streams else None
    booked = _booking(world, 0)
    told = [[hook.params.get("MessageStatus", "") for hook in message.hooks if hook.ok] for message in sms]
    return [
        Check("every webhook was signed, believed and answered 2xx", not refused, _told(world.twilio.hooks, refused)),
        Check("the caller's interruption silenced the agent", stream is not None and bool(stream.clears)),
        Check("the keys reached the agent", "".join(key for _, key in first.pressed) == f"{home_keys(cast.caller)}#"),
        Check("the calendar was asked over HTTP", len(world.clinic.looked_up) >= 1),
        Check("the appointment is in the calendar", _is_booking(booked, cast.caller, "cleaning", "15:30", "Peter Hill", 1), str(booked)),
        Check("a confirmation of each booking went out by SMS", len(sms) == 2, sms[0].body if sms else ""),
        Check("and its delivery was reported", all(words[-1:] == ["delivered"] for words in told), str(told)),
        Check("the front desk was called and took it with key 1", bool(desk) and [key for _, key in desk[0].pressed] == ["1"]),
        Check("after it was told who calls", bool(desk) and "asked for a person" in " ".join(desk[0].documents)),
        Check("the call had no problem at the carrier", not first.problems, "; ".join(p.message for p in first.problems)),
    ]  # fmt: skip


def _judged_written(world: World, cast: Cast) -> list[Check]:
    more, other = _booking(world, 1), _booking(world, 2)
    return [
        Check("who was put through booked again by WhatsApp", _is_booking(more, cast.caller, "check-up", "10:00", "Susan Hill", 2), str(more)),
        Check("what broke off by telephone was booked by WhatsApp", _is_booking(other, cast.other, "cleaning", "10:00", "Susan Baker", 1), str(other)),
    ]  # fmt: skip


def _booking(world: World, number: int) -> dict[str, str]:
    return world.clinic.booked[number] if number < len(world.clinic.booked) else {}


def _is_booking(booked: dict[str, str], phone: str, reason: str, time: str, name: str, weekday: int) -> bool:
    """`weekday`: Monday is 0."""
    try:
        day = date.fromisoformat(booked["day"])
    except (KeyError, ValueError):
        return False
    wanted = {"reason": reason, "time": time, "name": name, "phone": phone}
    said = all(booked.get(key, "") == value for key, value in wanted.items())
    return said and day.weekday() == weekday and day >= datetime.now(UTC).date()


def _judged_record(cast: Cast, first: CallRecord, second: CallRecord) -> list[Check]:
    """Of both, as our own record has them."""
    call, broken = _row(first), _row(second)
    if call is None or broken is None:
        return [Check("both calls are in the record", right=False)]
    kinds = list(Event.objects.filter(leg=call.leg).values_list("kind", flat=True))
    tools = {
        data["name"]: data["ok"]
        for data in Event.objects.filter(leg=call.leg, kind="tool_result").values_list("data", flat=True)
    }
    wanted = ("node:look_up", "node:book", "parley.send", "parley.transfer")
    person = PhoneCall.objects.filter(parent=call).first()
    sent = OutboundMessage.objects.filter(conversation=call.conversation_id, state="delivered")
    ends = list(Leg.objects.filter(conversation=call.conversation_id).order_by("pk").values_list("kind", "end_reason"))
    through = ends[:1] == [("twilio_voice", EndReason.TRANSFERRED)]
    both = [row.conversation_id for row in (call, broken) if row.conversation_id is not None]
    return [
        Check("the record has the interruption and the keys", "interrupted" in kinds and kinds.count("dtmf") == len(home_keys(cast.caller)) + 1),
        Check("the record has all four tools, and they worked", all(tools.get(name) for name in wanted), str(tools)),
        Check("the record has the person who took over", person is not None and (person.result, person.conversation_id) == ("connected", call.conversation_id)),
        Check("the record has the message that arrived", sent.exists()),
        Check("the call that was put through and WhatsApp are one conversation", through and _both_ways(call, cast), " → ".join(dict.fromkeys(kind for kind, _ in ends))),
        Check("so are the call that broke off and WhatsApp", _both_ways(broken, cast)),
        Check("and each is one person's", Conversation.objects.filter(pk__in=both).values("contact").distinct().count() == 2),
    ]  # fmt: skip


def _both_ways(call: PhoneCall, cast: Cast) -> bool:
    kinds = Leg.objects.filter(conversation=call.conversation_id).values_list("kind", flat=True)
    return set(kinds) == {"twilio_voice", cast.chat.channel.kind}


def _row(record: CallRecord) -> PhoneCall | None:
    return PhoneCall.objects.select_related("leg").filter(provider_id=record.sid).exclude(leg=None).first()


def _conversations(first: CallRecord, second: CallRecord) -> list[str]:
    known = [row.conversation_id for row in map(_row, (first, second)) if row is not None]
    rows = Conversation.objects.filter(pk__in=[pk for pk in known if pk is not None])
    return list(rows.order_by("pk").values_list("public_id", flat=True))


def _undelivered(line: Channel) -> bool:
    """Whether something is still to be sent, or its delivery to be reported: Meta's simulator reports none unasked."""
    ours = OutboundMessage.objects.filter(workspace=line.workspace_id, conversation__agent=line.agent_id)
    reported = Q(state="sent", channel__kind="twilio_messaging")
    return ours.filter(Q(state="waiting") | reported).exists()


async def _closed(sid: str) -> None:
    """Until the record of a call is complete, or it is no use to wait any longer."""
    await _until(lambda: PhoneCall.objects.filter(provider_id=sid, leg__ended_at__isnull=False).exists())


async def _until(question: Callable[[], bool]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while not await sync_to_async(question)():  # noqa: ASYNC110 -- the server's own progress, in its database
                await asyncio.sleep(LOOK_SECONDS)
