"""Whole calls: simulated Twilio, the real web application, a real worker process on fake engines, PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from channels_io.actions.place_call import place_call
from channels_io.actions.steer_conversation import hold_call, transfer_conversation
from channels_io.actions.take_over import take_over
from channels_io.announce import tell_leg
from channels_io.live import presence
from channels_io.live.messages import Gone
from channels_io.models import Conversation, Event, Leg, OwnerChange, PhoneCall, Turn
from channels_io.simulators.twilio import Person, Press, Wait
from channels_io.simulators.twilio.phone import now
from channels_io.telephony import CallPlan
from parley.accounts.actor import Actor
from parley.accounts.models import Role, User, Workspace
from tests.support.flow_json import edge, flow_of, node
from tests.support.telephone import CALLER, NUMBER, PERSON
from tests.support.town import get, speech, town, until, verbs, working_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def speech_worker(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with working_worker(tmp_path, settings, monkeypatch):
        yield


def transfer_flow(mode: str) -> dict[str, Any]:
    """Press a key and be put through; else hear that nobody is there, and it is over."""
    nodes = [
        node("collect", variable="key", ask="Press one.", kind="digits", label="the key"),
        node("transfer", target=PERSON, text="One moment.", mode=mode, briefing="Ann, about a crown."),
        node("say", text="Nobody is free at the moment."),
        node("end"),
    ]
    edges = [
        edge("start", "collect"), edge("collect", "transfer"), edge("transfer", "say", "failure"), edge("say", "end"),
    ]  # fmt: skip
    return {"flow": flow_of(nodes, edges), "greeting": "Hello."}


async def test_a_call_from_end_to_end(acme: Workspace, settings: Any, speech_worker: None) -> None:
    draft = {"greeting": "Hello, how can I help you today?", "record_audio": True, "consent": "Recorded."}
    async with town(acme, settings, draft, {}) as place:
        record = await place.twilio.call(NUMBER, sender=CALLER, audio=[speech()], seconds=60)
        assert record.status == "completed", record.problems
        assert record.problems == []
        (stream,) = record.streams
        assert [mark for mark in stream.marks if mark.returned is None] == []
        assert record.ear.sounds.last_end() is not None
        call = await until(lambda: PhoneCall.objects.filter(status="completed").first())
        leg = await until(lambda: Leg.objects.exclude(ended_at=None).first())
    assert (leg.end_reason, leg.kind) == ("hangup", "twilio_voice")
    assert (call.leg_id, call.conversation_id) == (leg.pk, leg.conversation_id)
    turns = await get(lambda: list(Turn.objects.order_by("number", "-role").values_list("role", "text", "cut")))
    assert turns[0] == ("agent", "Recorded. Hello, how can I help you today?", False), "heard to its end"
    assert turns[1][0] == "caller" and turns[1][1].startswith("I spoke for 1.")
    assert turns[2][0] == "agent" and turns[2][1]
    identities = await get(lambda: list(leg.conversation.contact.identities.values_list("kind", "value")))
    assert identities == [("phone", CALLER)]
    assert leg.recording_ms > 2000
    timed = await get(lambda: Turn.objects.filter(role="agent", number=1).first())
    assert timed.v2v_ms is not None


async def test_who_speaks_over_the_agent_silences_it(acme: Workspace, settings: Any, speech_worker: None) -> None:
    long = "Hello. " + "We have a great many things to tell you about our opening hours. " * 6
    async with (
        town(acme, settings, {"greeting": long}, {}) as place,
        place.twilio.calling(NUMBER, sender=CALLER) as phone,
    ):
        await phone.into(1.5)
        await phone.say(speech(1.5))
        turn = await until(lambda: Turn.objects.filter(role="agent", number=0, cut=True).first())
        stream = phone.record.streams[0]
    assert stream.clears, "Twilio was told to fall silent"
    assert 0 < len(turn.text) < len(long) / 2, "and what was heard is what is remembered"


@pytest.mark.parametrize("key", ["1", "2"])
async def test_warm_a_person_takes_the_call_or_refuses_it(
    acme: Workspace, settings: Any, speech_worker: None, key: str
) -> None:
    async with town(acme, settings, transfer_flow("warm"), {}) as place:
        place.twilio.add_person(PERSON, Person(script=(Wait(1.0), Press(key), Wait(1.0))))
        async with place.twilio.calling(NUMBER, sender=CALLER) as phone:
            await phone.listen()
            await phone.press("1#")
            person = await until(
                lambda: PhoneCall.objects.filter(direction="transfer").exclude(result="").first(), seconds=40
            )
            if key == "1":
                await place.twilio.wait_for(lambda: "Dial" in verbs(phone.record), 20)
                (theirs,) = place.twilio.calls_to(PERSON)
                await place.twilio.wait_for(lambda: "Dial" in verbs(theirs), 20)
                assert "Ann, about a crown." in " ".join(theirs.documents)
                leg = await until(lambda: Leg.objects.exclude(ended_at=None).first())
                assert leg.end_reason == "transferred"
            else:
                assert person.result == "rejected"
                said = await until(lambda: Turn.objects.filter(text__contains="Nobody is free").first())
                assert said is not None
                await phone.ended()
        results = await until(lambda: list(Event.objects.filter(kind="tool_result").values_list("data__ok", flat=True)))
    assert results == [key == "1"]


async def test_a_stream_that_is_cut_off_goes_on_with_the_same_conversation(
    acme: Workspace, settings: Any, speech_worker: None
) -> None:
    async with (
        town(acme, settings, {"greeting": "Hello."}, {}) as place,
        place.twilio.calling(NUMBER, sender=CALLER) as phone,
    ):
        await phone.listen()
        await phone.say(speech())
        await until(lambda: Turn.objects.filter(role="agent", number__gt=0).first())
        await phone.listen()
        (holder,) = presence._holders.values()
        holder.inbox.put(Gone())  # As when the line to Twilio breaks under the process.
        await place.twilio.wait_for(lambda: len(phone.record.streams) == 2, 20)
        await phone.listen()
        back = await until(lambda: Leg.objects.filter(ended_at=None).first())
        turns = await until(lambda: list(Turn.objects.filter(leg=back).values_list("text", flat=True)))
    legs = await get(lambda: list(Leg.objects.order_by("pk").values_list("end_reason", "conversation_id")))
    assert legs[0] == ("lost", back.conversation_id)
    assert turns[0].startswith("I'm back"), "and not the greeting once more"
    assert "Hello." not in turns


@pytest.mark.parametrize(
    ("person", "answered_by", "result"),
    [(Person(), "human", "answered"), (Person(takes="machine"), "machine_start", "machine")],
)
async def test_a_call_that_we_place(
    acme: Workspace, settings: Any, speech_worker: None, person: Person, answered_by: str, result: str
) -> None:
    async with town(acme, settings, {"greeting": "Hello, this is your dentist."}, {}) as place:
        place.twilio.add_person(PERSON, person)
        call = await get(lambda: place_call(place.line, PERSON, key="k1", plan=CallPlan(variables={"name": "Ann"})))
        await until(lambda: PhoneCall.objects.exclude(answered_by="").first(), seconds=40)
        (record,) = place.twilio.calls_to(PERSON)
        if answered_by == "human":
            phone = place.twilio.phone(record.sid)
            await phone.listen()
            phone.hang_up()
        ended = await until(lambda: PhoneCall.objects.filter(pk=call.pk).exclude(ended_at=None).first(), seconds=40)
        await until(lambda: not Leg.objects.filter(ended_at=None).exists())
    assert (ended.answered_by, ended.result, ended.status) == (answered_by, result, "completed")
    reasons = await get(lambda: list(Leg.objects.values_list("end_reason", flat=True)))
    assert reasons == ["hangup" if answered_by == "human" else "machine"]


async def test_a_person_who_talks_holds_the_caller_and_puts_them_through(
    acme: Workspace, alice: User, settings: Any, speech_worker: None
) -> None:
    actor = Actor(workspace=acme, user=alice, role=Role.OPERATOR, label=alice.email)
    async with town(acme, settings, {"greeting": "Hello."}, {"people": {"Front desk": PERSON}}) as place:
        place.twilio.add_person(PERSON, Person(script=(Wait(1.0),)))
        async with place.twilio.calling(NUMBER, sender=CALLER) as phone:
            await phone.listen()
            conversation = await get(Conversation.objects.get)
            async with at_their_browser(conversation.public_id):
                await get(lambda: take_over(actor, conversation, 0))
                await until(lambda: Turn.objects.filter(text__contains="with a colleague").first())
                await phone.listen()
                await get(lambda: hold_call(actor, conversation, on=True))
                held = await until(lambda: Event.objects.filter(kind="hold").first())
                since = now()
                assert held.data == {"on": True}
                await place.twilio.wait_for(lambda: phone.ear.sounds.first_from(since) is not None, 10)
                await get(lambda: hold_call(actor, conversation, on=False))
                await until(lambda: Event.objects.filter(kind="hold", data={"on": False}).first())
                row = await get(Conversation.objects.get)
                assert (row.owner, row.owner_user_id, row.owner_number) == ("human", alice.pk, 1)
                await get(lambda: transfer_conversation(actor, conversation, "Front desk"))
                await place.twilio.wait_for(lambda: "Dial" in verbs(phone.record), 20)
                leg = await until(lambda: Leg.objects.exclude(ended_at=None).first())
        (theirs,) = place.twilio.calls_to(PERSON)
        assert theirs.answered is not None
    assert leg.end_reason == "transferred"
    given = await get(lambda: list(Event.objects.filter(kind="person_transfer").values_list("data__ok", flat=True)))
    changes = await get(lambda: list(OwnerChange.objects.values_list("number", "owner", "by")))
    assert (given, changes) == ([True], [(1, "human", "taken"), (2, "ai", "ended")])


@asynccontextmanager
async def at_their_browser(conversation: str) -> AsyncIterator[None]:
    """As the operator's socket says it while they talk."""

    async def stay() -> None:
        while True:
            await asyncio.to_thread(tell_leg, conversation, {"do": "here", "number": 1})
            await asyncio.sleep(0.3)

    staying = asyncio.create_task(stay())
    try:
        yield
    finally:
        staying.cancel()
        with suppress(asyncio.CancelledError):
            await staying
