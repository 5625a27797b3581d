"""Messages of people, and what webhooks, windows and opt-outs make of answers."""

from __future__ import annotations

import asyncio
import functools
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from channels_io.simulators.twilio import Template, TwilioSimulator
from tests.channels_io.simulators.twilio.conftest import ANN, NUMBER
from tests.channels_io.simulators.twilio.desk import Desk, Told, twiml

HERE, THERE = f"whatsapp:{NUMBER}", f"whatsapp:{ANN}"


async def test_a_text_message_arrives_signed_with_all_its_names(desk: Desk, twilio: TwilioSimulator) -> None:
    record = await twilio.sms("Hello ☎", sender=ANN, to=NUMBER)
    [told] = desk.heard("/message")
    assert RequestValidator(twilio.auth_token).validate(
        f"{desk.url}/message", told.params, told.headers["x-twilio-signature"]
    )
    assert {told.params[name] for name in ("MessageSid", "SmsSid", "SmsMessageSid")} == {record.sid}
    assert (told.params["From"], told.params["To"], told.params["Body"]) == (ANN, NUMBER, "Hello ☎")
    assert (told.params["NumMedia"], told.params["NumSegments"], told.params["SmsStatus"]) == ("0", "1", "received")
    assert record.hooks[0].ok


async def test_a_message_sent_again_is_the_same_message(desk: Desk, twilio: TwilioSimulator) -> None:
    first = await twilio.sms("Hello", sender=ANN, to=NUMBER)
    again = await twilio.sms("Hello", sender=ANN, to=NUMBER, sid=first.sid)
    assert again is first
    assert [each.params["MessageSid"] for each in desk.heard("/message")] == [first.sid] * 2
    assert len(twilio.messages) == 1


async def test_whatsapp_brings_profile_media_and_buttons(desk: Desk, twilio: TwilioSimulator) -> None:
    await twilio.whatsapp("", sender=ANN, to=NUMBER, name="Ann", media=[(b"a picture", "image/png")])
    await twilio.whatsapp("", sender=ANN, to=NUMBER, button=("yes-1", "Yes"), reply_to="SM1")
    picture, tapped = [told.params for told in desk.heard("/message")]
    assert (picture["ProfileName"], picture["WaId"], picture["From"]) == ("Ann", ANN[1:], THERE)
    assert (picture["NumMedia"], picture["MediaContentType0"], picture["MessageType"]) == ("1", "image/png", "image")
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(
            picture["MediaUrl0"], auth=(twilio.account_sid, twilio.auth_token), follow_redirects=True
        )
    assert (answer.content, answer.headers["content-type"]) == (b"a picture", "image/png")
    assert (tapped["ButtonPayload"], tapped["ButtonText"], tapped["Body"]) == ("yes-1", "Yes", "Yes")
    assert tapped["OriginalRepliedMessageSid"] == "SM1"


async def test_an_answer_in_twiml_is_sent(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/message"] = twiml("<Message><Body>Got it</Body></Message>")
    await twilio.sms("Hello", sender=ANN, to=NUMBER)
    [reply] = twilio.sent_to(ANN)
    assert (reply.body, reply.direction, reply.sender) == ("Got it", "outbound-reply", NUMBER)


async def test_free_words_go_only_24_hours_after_the_persons_last(desk: Desk, twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    template = twilio.add_template(
        Template(sid="HX" + "1" * 32, name="later", types={"twilio/text": {"body": "Hello {{1}}"}})
    )

    async def send(**named: str) -> str:
        sent = await asyncio.to_thread(
            functools.partial(
                client.messages.create, to=THERE, from_=HERE, status_callback=f"{desk.url}/delivery", **named
            )
        )
        await twilio.settle()
        return twilio.messages[sent.sid].status

    assert await send(body="too early") == "undelivered"
    assert desk.heard("/delivery")[0].params["ErrorCode"] == "63016"
    assert await send(content_sid=template.sid, content_variables='{"1": "Ann"}') == "read"
    assert twilio.sent_to(ANN)[-1].body == "Hello Ann"
    await twilio.whatsapp("Hello", sender=ANN, to=NUMBER)
    assert await send(body="now it goes") == "read"
    twilio.centre.open_window(HERE, THERE, datetime.now(UTC) - timedelta(hours=24, seconds=1))
    assert await send(body="too late") == "undelivered"


async def test_who_says_stop_is_not_written_to_until_start(twilio: TwilioSimulator) -> None:
    client = await asyncio.to_thread(twilio.client)
    send = functools.partial(client.messages.create, to=ANN, from_=NUMBER, body="Offer!")
    await twilio.sms(" stop ", sender=ANN, to=NUMBER)
    with pytest.raises(TwilioRestException) as error:
        await asyncio.to_thread(send)
    assert error.value.code == 21610
    await twilio.sms("START", sender=ANN, to=NUMBER)
    await asyncio.to_thread(send)
    assert len(twilio.sent_to(ANN)) == 1


async def test_a_handset_that_is_not_reached(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.centre.undeliverable[ANN] = 30003
    client = await asyncio.to_thread(twilio.client)
    sent = await asyncio.to_thread(
        functools.partial(
            client.messages.create, to=ANN, from_=NUMBER, body="a", status_callback=f"{desk.url}/delivery"
        )
    )
    await twilio.settle()
    told = [each.params for each in desk.heard("/delivery")]
    assert [each["MessageStatus"] for each in told] == ["sent", "undelivered"]
    assert told[-1]["ErrorCode"] == "30003"
    assert twilio.messages[sent.sid].error_code == 30003


async def test_no_answer_is_tried_again_only_where_the_url_says_so(desk: Desk, twilio: TwilioSimulator) -> None:
    answers = iter([503, 503, 200, 503])
    desk.answers["/message"] = lambda _told: Response("", next(answers), media_type="text/xml")
    url = f"{desk.url}/message"
    taken = await twilio.sms("a", to_webhook=f"{url}#rc=2&rp=5xx")
    assert [attempt.status for attempt in taken.hooks[0].attempts] == [503, 503, 200]
    assert len({told.headers["i-twilio-idempotency-token"] for told in desk.told}) == 1
    lost = await twilio.sms("b", to_webhook=url)
    assert [attempt.status for attempt in lost.hooks[0].attempts] == [503]


async def test_nobody_there_is_tried_once_more(twilio: TwilioSimulator) -> None:
    record = await twilio.sms("a", to_webhook="http://127.0.0.1:9/message")
    assert [attempt.error for attempt in record.hooks[0].attempts] == ["connect", "connect"]
    assert not record.hooks[0].ok


async def test_a_slow_answer_is_given_up_in_time(desk: Desk, twilio: TwilioSimulator) -> None:
    held = asyncio.Event()

    async def slow(_told: Told) -> str:
        await held.wait()
        return twiml()

    desk.answers["/message"] = slow
    record = await twilio.sms("a", to_webhook=f"{desk.url}/message#rt=200")
    held.set()
    assert [(attempt.status, attempt.error) for attempt in record.hooks[0].attempts] == [(None, "read")]


async def test_a_duplicate_carries_the_same_token(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.force("duplicate")
    await twilio.sms("a", sender=ANN, to=NUMBER)
    await twilio.settle()
    first, second = desk.heard("/message")
    assert first.params == second.params
    assert first.headers["i-twilio-idempotency-token"] == second.headers["i-twilio-idempotency-token"]
    assert [hook.copy for hook in twilio.hooks] == [False, True]
    assert [fault for _, fault, _, _ in twilio.faulted] == ["duplicate"]


async def test_a_swapped_message_lets_the_next_of_its_person_go_first(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.force("swap")
    first = asyncio.create_task(twilio.sms("first", sender=ANN, to=NUMBER))
    await twilio.wait_for(lambda: twilio.faulted)
    await twilio.sms("another person's", sender="+353860000000", to=NUMBER)
    await twilio.sms("second", sender=ANN, to=NUMBER)
    await first
    assert [told.params["Body"] for told in desk.heard("/message")] == ["another person's", "second", "first"]


async def test_a_dropped_message_is_still_in_the_list(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.force("drop")
    record = await twilio.sms("lost", sender=ANN, to=NUMBER)
    client = await asyncio.to_thread(twilio.client)
    assert desk.heard("/message") == []
    assert record.hooks[0].dropped
    assert [each.body for each in await asyncio.to_thread(client.messages.list)] == ["lost"]
