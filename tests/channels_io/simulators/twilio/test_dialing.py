"""Calls to people: bridges, whispers, conferences, queues."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from channels_io.simulators.twilio import HangUp, Listen, Person, Press, Say, TwilioSimulator, Wait
from tests.channels_io.simulators.twilio.conftest import ANN, BEN, NUMBER
from tests.channels_io.simulators.twilio.desk import Desk, speech, twiml


async def test_two_people_are_bridged_and_the_action_tells_how_it_went(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.add_person(BEN, Person(script=(Say(speech(0.3)), Listen(quiet=0.1), HangUp())))
    desk.answers["/voice"] = twiml(f'<Dial action="/done">{BEN}</Dial>')
    record = await twilio.call(NUMBER, sender=ANN, script=[Listen(quiet=0.1), Say(speech(0.2)), Wait(20)])
    [child] = twilio.calls_to(BEN)
    assert (child.direction, child.parent_sid, child.sender) == ("outbound-dial", record.sid, ANN)
    assert (child.status, child.ended_by) == ("completed", "person")
    assert np.abs(record.heard()).max() > 5000
    assert np.abs(child.heard()).max() > 5000
    [done] = desk.heard("/done")
    assert (done.params["DialCallStatus"], done.params["DialBridged"]) == ("completed", "true")
    assert done.params["DialCallSid"] == child.sid


@pytest.mark.parametrize(
    ("person", "status"),
    [
        (Person(takes="busy"), "busy"),
        (Person(takes="no-answer"), "no-answer"),
        (Person(takes="fails"), "failed"),
        (Person(after=60.0), "no-answer"),
    ],
)
async def test_nobody_is_reached(desk: Desk, twilio: TwilioSimulator, person: Person, status: str) -> None:
    twilio.add_person(BEN, person)
    desk.answers["/voice"] = twiml(f'<Dial timeout="1" action="/done"><Number>{BEN}</Number></Dial>')
    await twilio.call(NUMBER, script=[Wait(20)])
    [done] = desk.heard("/done")
    assert (done.params["DialCallStatus"], done.params["DialBridged"]) == (status, "false")


async def test_a_whisper_is_heard_by_the_called_only_and_hanging_up_in_it_counts_as_not_reached(
    desk: Desk, twilio: TwilioSimulator
) -> None:
    twilio.add_person(BEN, Person(script=(Listen(quiet=0.1), Press("2"))))
    desk.answers["/voice"] = twiml(f'<Dial action="/done"><Number url="/whisper">{BEN}</Number></Dial>')
    desk.answers["/whisper"] = twiml('<Gather numDigits="1" action="/choice"><Say>Somebody for you</Say></Gather>')
    desk.answers["/choice"] = lambda told: twiml("<Hangup/>" if told.params["Digits"] == "2" else "")
    record = await twilio.call(NUMBER, script=[Wait(20)])
    [child] = twilio.calls_to(BEN)
    assert child.said() == ["Somebody for you"]
    assert record.ear.sounds.all() == []
    [done] = desk.heard("/done")
    assert (done.params["DialCallStatus"], done.params["DialBridged"]) == ("no-answer", "false")


async def test_the_first_who_answers_gets_the_call(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.add_person(ANN, Person(after=5.0))
    twilio.add_person(BEN, Person(after=0.1, script=(Wait(0.1), HangUp())))
    desk.answers["/voice"] = twiml(f"<Dial><Number>{ANN}</Number><Number>{BEN}</Number></Dial>")
    await twilio.call(NUMBER, script=[Wait(20)])
    assert [record.status for record in (*twilio.calls_to(ANN), *twilio.calls_to(BEN))] == ["canceled", "completed"]


async def test_the_caller_who_hangs_up_ends_the_other_call(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(f"<Dial>{BEN}</Dial>")
    async with twilio.calling(NUMBER) as phone:
        await twilio.wait_for(lambda: twilio.calls_to(BEN) and twilio.calls_to(BEN)[0].answered)
        await phone.wait(0.05)
        phone.hang_up()
        await twilio.settle()
    [child] = twilio.calls_to(BEN)
    assert (child.status, child.ended_by) == ("completed", "dial")


async def test_a_conference_begins_with_whoever_starts_it_and_ends_with_whoever_ends_it(
    desk: Desk, twilio: TwilioSimulator
) -> None:
    room = '<Dial action="/out"><Conference statusCallback="/room" statusCallbackEvent="start join leave end" {}>lobby</Conference></Dial>'
    desk.answers["/voice"] = twiml(room.format('startConferenceOnEnter="false" waitUrl="/music"'))
    desk.answers["/agent"] = twiml(room.format('endConferenceOnExit="true"'))
    desk.answers["/music"] = twiml("<Say>please wait</Say>")
    async with twilio.calling(NUMBER) as caller:
        assert await caller.listen(quiet=0.05)
        assert caller.record.said()[0] == "please wait"
        async with twilio.calling(to_webhook=f"{desk.url}/agent", sender=BEN) as agent:
            await twilio.wait_for(lambda: any(each.started for each in twilio.rooms.values()))
            await caller.wait(0.1)
            await agent.say(speech(0.2))
            assert await caller.listen(quiet=0.05)
        await caller.ended()
    await twilio.settle()
    [room_] = twilio.rooms.values()
    assert [event for event, _ in room_.history] == [
        "participant-join", "participant-join", "conference-start", "participant-leave", "participant-leave", "conference-end",
    ]  # fmt: skip
    told = [each.params["StatusCallbackEvent"] for each in desk.heard("/room")]
    assert told == [event for event, _ in room_.history]
    assert desk.heard("/room")[0].params["CallSid"] == caller.record.sid


async def test_on_hold_nothing_is_heard_and_muted_nothing_is_said(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml("<Dial><Conference>lobby</Conference></Dial>")
    client = await asyncio.to_thread(twilio.client)
    async with twilio.calling(NUMBER) as ann, twilio.calling(NUMBER, sender=BEN) as ben:
        await twilio.wait_for(lambda: any(len(room.members) == 2 for room in twilio.rooms.values()))
        [room] = await asyncio.to_thread(client.conferences.list, status="in-progress", friendly_name="lobby")
        participant = client.conferences(room.sid).participants(ann.record.sid)
        held = await asyncio.to_thread(participant.update, hold=True)
        assert held.hold is True
        await ben.say(speech(0.2))
        assert ann.ear.sounds.all() == []
        await asyncio.to_thread(participant.update, hold=False, muted=True)
        await ann.say(speech(0.2))
        assert ben.ear.sounds.all() == []
        await ben.say(speech(0.2))
        assert len(ann.ear.sounds.all()) == 1
        await asyncio.to_thread(client.conferences(room.sid).update, status="completed")
        await ann.ended()
        await ben.ended()


async def test_somebody_is_called_into_a_conference(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml("<Dial><Conference>lobby</Conference></Dial>")
    client = await asyncio.to_thread(twilio.client)
    async with twilio.calling(NUMBER) as caller:
        await twilio.wait_for(lambda: twilio.rooms)
        made = await asyncio.to_thread(
            client.conferences("lobby").participants.create,
            to=BEN,
            from_=NUMBER,
            end_conference_on_exit=True,
            label="ben",
        )
        assert made.label == "ben"
        await twilio.wait_for(lambda: len(next(iter(twilio.rooms.values())).members) == 2)
        twilio.phone(made.call_sid).hang_up()
        assert (await caller.ended()).status == "completed"


async def test_whoever_waits_in_a_queue_is_put_through(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml('<Enqueue action="/after">line</Enqueue>')
    desk.answers["/agent"] = twiml("<Dial><Queue>line</Queue></Dial>")
    async with twilio.calling(NUMBER) as caller:
        await twilio.wait_for(lambda: twilio.exchange.queue("line").waiting)
        async with twilio.calling(to_webhook=f"{desk.url}/agent", sender=BEN) as agent:
            await agent.wait(0.1)
            await agent.say(speech(0.2))
            assert await caller.listen(quiet=0.05)
        await twilio.wait_for(lambda: desk.heard("/after"))
    assert desk.heard("/after")[0].params["QueueResult"] == "bridged"
