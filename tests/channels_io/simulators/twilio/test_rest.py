"""The API, spoken to by Twilio's own client."""

from __future__ import annotations

import asyncio
import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from requests import ReadTimeout
from twilio.base.exceptions import TwilioRestException

from channels_io.simulators.twilio import Faults, HangUp, Listen, Person, TwilioSimulator, Wait, twilio_client
from channels_io.simulators.twilio.media import read_sound
from tests.channels_io.simulators.twilio.conftest import ANN, BEN, NUMBER
from tests.channels_io.simulators.twilio.desk import Desk, speech, twiml


async def ask(function: Any, *arguments: Any, **named: Any) -> Any:
    """The client blocks: in a thread of its own."""
    return await asyncio.to_thread(functools.partial(function, *arguments, **named))


async def refused(function: Any, *arguments: Any, **named: Any) -> tuple[int, int]:
    """(HTTP status, Twilio's code)"""
    with pytest.raises(TwilioRestException) as error:
        await ask(function, *arguments, **named)
    return error.value.status, error.value.code


async def test_a_call_is_placed_runs_its_document_and_tells_its_progress(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.add_person(ANN, Person(script=(Listen(quiet=0.1), HangUp())))
    desk.answers["/out"] = twiml("<Say>Hello Ann</Say><Pause length='9'/>")
    client = await asyncio.to_thread(twilio.client)
    placed = await ask(
        client.calls.create, to=ANN, from_=NUMBER, url=f"{desk.url}/out", status_callback=f"{desk.url}/progress",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )  # fmt: skip
    assert (placed.status, placed.direction, placed.to) == ("queued", "outbound-api", ANN)
    record = await twilio.phone(placed.sid).ended()
    await twilio.settle()
    told = [each.params for each in desk.heard("/progress")]
    assert [each["CallStatus"] for each in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [each["SequenceNumber"] for each in told] == ["0", "1", "2", "3"]
    assert told[-1]["CallDuration"] == str(record.seconds)
    fetched = await ask(client.calls(placed.sid).fetch)
    assert (fetched.status, fetched.duration) == ("completed", str(record.seconds))
    assert record.said() == ["Hello Ann"]


@pytest.mark.parametrize("takes", ["busy", "no-answer"])
async def test_a_call_that_nobody_takes_never_asks_for_its_document(
    desk: Desk, twilio: TwilioSimulator, takes: Any
) -> None:
    twilio.add_person(ANN, Person(takes=takes))
    client = await asyncio.to_thread(twilio.client)
    placed = await ask(
        client.calls.create,
        to=ANN,
        from_=NUMBER,
        url=f"{desk.url}/out",
        status_callback=f"{desk.url}/progress",
        timeout=1,
    )
    await twilio.phone(placed.sid).ended()
    await twilio.settle()
    [told] = desk.heard("/progress")
    assert (told.params["CallStatus"], told.params["CallDuration"]) == (takes, "0")
    assert desk.heard("/out") == []


@pytest.mark.parametrize(
    ("takes", "beeps", "wanted", "verdict"),
    [
        ("answers", True, "Enable", "human"),
        ("machine", True, "Enable", "machine_start"),
        ("machine", True, "DetectMessageEnd", "machine_end_beep"),
        ("machine", False, "DetectMessageEnd", "machine_end_silence"),
    ],
)
async def test_who_picked_up_is_known_before_the_document_is_asked_for(
    desk: Desk, twilio: TwilioSimulator, takes: Any, beeps: bool, wanted: str, verdict: str
) -> None:
    twilio.add_person(ANN, Person(takes=takes, beeps=beeps, greeting_seconds=0.2))
    client = await asyncio.to_thread(twilio.client)
    placed = await ask(client.calls.create, to=ANN, from_=NUMBER, url=f"{desk.url}/out", machine_detection=wanted)
    await twilio.phone(placed.sid).ended()
    assert desk.heard("/out")[0].params["AnsweredBy"] == verdict


async def test_aside_the_verdict_comes_by_a_callback_of_its_own(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.add_person(ANN, Person(takes="machine", greeting_seconds=0.2))
    desk.answers["/out"] = twiml("<Pause length='2'/>")
    client = await asyncio.to_thread(twilio.client)
    placed = await ask(
        client.calls.create, to=ANN, from_=NUMBER, url=f"{desk.url}/out", machine_detection="DetectMessageEnd",
        async_amd="true", async_amd_status_callback=f"{desk.url}/machine",
    )  # fmt: skip
    await twilio.wait_for(lambda: desk.heard("/machine"))
    assert desk.heard("/machine")[0].params["AnsweredBy"] == "machine_end_beep"
    assert "AnsweredBy" not in desk.heard("/out")[0].params
    assert (await ask(client.calls(placed.sid).fetch)).answered_by == "machine_end_beep"


async def test_a_live_call_is_turned_ended_and_over(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml("<Pause length='60'/>", "<Say>never</Say>")
    desk.answers["/turned"] = twiml("<Say>turned</Say><Pause length='60'/>")
    client = await asyncio.to_thread(twilio.client)
    async with twilio.calling(NUMBER) as phone:
        call = client.calls(phone.record.sid)
        assert await refused(call.update, url=f"{desk.url}/turned") == (400, 21220)
        twilio.exchange.answer(phone)
        await ask(call.update, url=f"{desk.url}/turned")
        await twilio.wait_for(lambda: phone.record.said() == ["turned"])
        await ask(call.update, status="completed")
        assert (await phone.ended()).ended_by == "api"
        assert await refused(call.update, status="completed") == (404, 20404)
        assert await refused(call.update, twiml=twiml()) == (400, 21220)


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"to": "1234", "from_": NUMBER, "twiml": twiml()}, (400, 21211)),
        ({"to": ANN, "from_": BEN, "twiml": twiml()}, (400, 21210)),
        ({"to": ANN, "from_": NUMBER}, (400, 21205)),
        ({"to": ANN, "from_": NUMBER, "twiml": "<Response>"}, (400, 20001)),
    ],
)
async def test_calls_that_are_not_placed(
    twilio: TwilioSimulator, wishes: dict[str, str], error: tuple[int, int]
) -> None:
    client = await asyncio.to_thread(twilio.client)
    assert await refused(client.calls.create, **wishes) == error
    assert twilio.calls == {}


async def test_a_recording_holds_both_sides_and_silence_where_it_was_paused(
    desk: Desk, twilio: TwilioSimulator
) -> None:
    desk.answers["/voice"] = twiml("<Pause length='0.01'/><Pause length='60'/>")
    client = await asyncio.to_thread(twilio.client)
    async with twilio.calling(NUMBER) as phone:
        await phone.wait_answered()
        call = client.calls(phone.record.sid)
        kept = await ask(
            call.recordings.create, recording_channels="dual", recording_status_callback=f"{desk.url}/kept"
        )
        await phone.say(speech(0.2))
        await ask(call.recordings(kept.sid).update, status="paused")
        await phone.say(speech(0.2))
        await ask(call.recordings(kept.sid).update, status="in-progress")
        await ask(call.recordings(kept.sid).update, status="stopped")
    await twilio.settle()
    assert desk.heard("/kept")[0].params["RecordingStatus"] == "completed"
    record = twilio.exchange.recorder.records[kept.sid]
    assert record.channels == 2
    samples = np.abs(read_sound(record.wav).astype(int))
    loud = [samples[at : at + 80].max() > 2000 for at in range(0, len(samples), 80)]
    # 200 ms of speech sounded, the next 200 ms did not. A frame that is late on a busy machine adds a window or two.
    assert 19 <= sum(loud) <= 32
    assert (await ask(client.recordings(kept.sid).fetch)).call_sid == phone.record.sid


async def test_a_message_goes_out_and_its_statuses_follow(desk: Desk, twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    sent = await ask(
        client.messages.create, to=ANN, from_=NUMBER, body="See you ☎", status_callback=f"{desk.url}/delivery"
    )
    assert (sent.status, sent.num_segments, sent.error_code) == ("queued", "1", None)
    await twilio.settle()
    assert [each.params["MessageStatus"] for each in desk.heard("/delivery")] == ["sent", "delivered"]
    assert (await ask(client.messages(sent.sid).fetch)).status == "delivered"
    [record] = twilio.sent_to(ANN)
    assert record.body == "See you ☎"


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"to": "", "from_": NUMBER, "body": "a"}, (400, 21604)),
        ({"to": ANN, "body": "a"}, (400, 21603)),
        ({"to": "0861", "from_": NUMBER, "body": "a"}, (400, 21211)),
        ({"to": ANN, "from_": BEN, "body": "a"}, (400, 21606)),
        ({"to": f"whatsapp:{ANN}", "from_": NUMBER, "body": "a"}, (400, 21910)),
        ({"to": f"whatsapp:{ANN}", "from_": f"whatsapp:{BEN}", "body": "a"}, (400, 63007)),
        ({"to": ANN, "from_": NUMBER}, (400, 21619)),
        ({"to": ANN, "from_": NUMBER, "body": "a" * 1601}, (400, 21617)),
        ({"to": ANN, "from_": NUMBER, "content_sid": "HX" + "0" * 32}, (400, 21655)),
        ({"to": ANN, "from_": NUMBER, "body": "a", "content_variables": "[1]"}, (400, 21656)),
    ],
)
async def test_messages_that_are_not_taken(
    twilio: TwilioSimulator, wishes: dict[str, str], error: tuple[int, int]
) -> None:
    client = await asyncio.to_thread(twilio.client)
    assert await refused(client.messages.create, **wishes) == error
    assert twilio.messages == {}


async def test_lists_are_paged_newest_first_and_filtered(twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    for number in range(7):
        await twilio.sms(f"in {number}", sender=ANN, to=NUMBER)
    await ask(client.messages.create, to=BEN, from_=NUMBER, body="out")
    assert [each.body for each in await ask(client.messages.list, page_size=3)] == [
        "out",
        *(f"in {n}" for n in range(6, -1, -1)),
    ]
    assert len(await ask(client.messages.list, to=NUMBER, limit=5)) == 5
    later, earlier = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)
    assert len(await ask(client.messages.list, date_sent_after=earlier)) == 8
    assert await ask(client.messages.list, date_sent_after=later) == []
    assert len(await ask(client.messages.list, date_sent_before=later, from_=ANN)) == 7


async def test_without_the_accounts_secret_nothing_is_told(twilio: TwilioSimulator) -> None:
    wrong = twilio_client(twilio.url, twilio.account_sid, "wrong")
    assert await refused(wrong.balance.fetch) == (401, 20003)
    key = twilio_client(twilio.url, twilio.account_sid, twilio.api_secret, user=twilio.api_key)
    assert await ask(key.messages.list) == []
    other = twilio_client(twilio.url, "AC" + "0" * 32, twilio.api_secret, user=twilio.api_key)
    assert await refused(other.balance.fetch) == (404, 20404)
    assert await refused(twilio.client().calls("CA" + "0" * 32).fetch) == (404, 20404)


async def test_what_the_set_up_pages_ask_for(desk: Desk, twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    account = await ask(client.api.v2010.accounts(twilio.account_sid).fetch)
    assert (account.status, account.friendly_name) == ("active", "Simulated account")
    assert (await ask(client.balance.fetch)).currency == "USD"
    [number] = await ask(client.incoming_phone_numbers.list, phone_number=NUMBER)
    assert number.capabilities["voice"] is True
    await ask(client.incoming_phone_numbers(number.sid).update, voice_url=f"{desk.url}/new#rc=2", sms_url="")
    assert (twilio.numbers[NUMBER].voice_url, twilio.numbers[NUMBER].sms_url) == (f"{desk.url}/new#rc=2", "")


async def test_a_request_can_be_accepted_and_never_answered(twilio: TwilioSimulator) -> None:
    twilio.force("accept_then_time_out")
    impatient = twilio.client(timeout=0.3)
    with pytest.raises(ReadTimeout):
        await ask(impatient.messages.create, to=ANN, from_=NUMBER, body="did it arrive?")
    [record] = twilio.sent_to(ANN)
    assert [each.body for each in await ask(impatient.messages.list, to=ANN)] == ["did it arrive?"]
    assert record.direction == "outbound-api"
    assert [request.fault for request in twilio.requests] == ["accept_then_time_out", ""]


async def test_a_request_can_be_refused_before_anything_is_done(twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    twilio.force("server_error")
    twilio.force("too_many")
    assert await refused(client.messages.create, to=ANN, from_=NUMBER, body="a") == (503, 20503)
    assert await refused(client.messages.create, to=ANN, from_=NUMBER, body="a") == (429, 20429)
    assert twilio.messages == {}
    twilio.faults = Faults(server_error=1.0)
    assert await ask(client.messages.list) == []


async def test_time_and_digits_of_an_ordered_call(desk: Desk, twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    twilio.add_person(ANN, Person(script=(Wait(30),)))
    placed = await ask(
        client.calls.create, to=ANN, from_=NUMBER, twiml=twiml("<Pause length='60'/>"), time_limit=1, send_digits="12",
        machine_detection="Enable",
    )  # fmt: skip
    record = await twilio.phone(placed.sid).ended()
    assert (record.ended_by, record.answered_by) == ("limit", "")
