"""Incoming calls through TwiML, from the first webhook to the last status."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from channels_io.simulators.twilio import HangUp, Listen, Press, Say, TwilioSimulator, Wait
from channels_io.simulators.twilio.media import read_sound, wav_of
from channels_io.simulators.twilio.phone import CallOver
from tests.channels_io.simulators.twilio.conftest import ANN, NUMBER
from tests.channels_io.simulators.twilio.desk import Desk, Told, speech, twiml


async def test_the_first_webhook_is_signed_over_the_url_with_its_query_and_says_who_calls(
    desk: Desk, twilio: TwilioSimulator
) -> None:
    desk.answers["/voice"] = twiml("<Hangup/>")
    twilio.numbers[NUMBER].voice_url += "?shop=1&x=%20y#rc=2"
    record = await twilio.call(NUMBER, sender=ANN)
    [told] = desk.heard("/voice")
    url = f"{desk.url}/voice?{told.query}"
    assert told.query == "shop=1&x=%20y"
    assert RequestValidator(twilio.auth_token).validate(url, told.params, told.headers["x-twilio-signature"])
    assert (told.params["From"], told.params["To"], told.params["Direction"]) == (ANN, NUMBER, "inbound")
    assert (told.params["CallSid"], told.params["CallStatus"]) == (record.sid, "ringing")
    assert told.headers["i-twilio-idempotency-token"]


async def test_the_end_is_told_with_the_talked_seconds(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml("<Say>Goodbye.</Say>")
    record = await twilio.call(NUMBER, script=[Wait(30)])
    await twilio.settle()
    [told] = desk.heard("/status")
    assert (told.params["CallStatus"], told.params["CallDuration"], told.params["SequenceNumber"]) == (
        "completed",
        "1",
        "2",
    )
    assert [status for _, status in record.statuses] == ["queued", "ringing", "in-progress", "completed"]
    assert (record.ended_by, record.said()) == ("twiml", ["Goodbye."])
    assert record.ear.sounds.all()


@pytest.mark.parametrize(("verb", "status"), [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "no-answer")])
async def test_a_rejected_call_is_never_answered(desk: Desk, twilio: TwilioSimulator, verb: str, status: str) -> None:
    desk.answers["/voice"] = twiml(verb, "<Say>never</Say>")
    record = await twilio.call(NUMBER)
    assert (record.status, record.answered, record.seconds, record.said()) == (status, None, 0, [])


async def test_a_redirect_is_followed_relative_to_its_document(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml('<Redirect method="GET">next?a=1</Redirect>')
    desk.answers["/next"] = twiml("<Say>here</Say>")
    record = await twilio.call(NUMBER)
    [told] = desk.heard("/next")
    assert told.method == "GET"
    assert f"CallSid={record.sid}" in told.query
    assert told.query.startswith("a=1&")
    assert RequestValidator(twilio.auth_token).validate(
        f"{desk.url}/next?{told.query}", {}, told.headers["x-twilio-signature"]
    )
    assert record.said() == ["here"]


async def test_gather_ends_with_enough_digits_and_sends_them_to_its_action(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(
        '<Gather numDigits="2" action="/chosen"><Say>Choose</Say></Gather><Say>nothing</Say>'
    )
    desk.answers["/chosen"] = lambda told: twiml(f"<Say>{told.params['Digits']}</Say>")
    record = await twilio.call(NUMBER, script=[Press("42"), Wait(10)])
    assert record.said() == ["Choose", "42"]
    assert "FinishedOnKey" not in desk.heard("/chosen")[0].params


async def test_gather_ends_with_its_key(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml('<Gather finishOnKey="*" action="/chosen"/>')
    await twilio.call(NUMBER, script=[Press("123*"), Wait(0.2), HangUp()])
    [told] = desk.heard("/chosen")
    assert (told.params["Digits"], told.params["FinishedOnKey"]) == ("123", "*")


async def test_gather_hears_speech(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml('<Gather input="speech dtmf" action="/chosen"><Say>Well?</Say></Gather>')
    await twilio.call(NUMBER, script=[Listen(quiet=0.1), Say(speech(), "yes please"), Wait(0.5), HangUp()])
    [told] = desk.heard("/chosen")
    assert told.params["SpeechResult"] == "yes please"


async def test_gather_with_nothing_leads_on_or_says_so(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(
        '<Gather timeout="0.1"/><Gather timeout="0.1" actionOnEmptyResult="true" action="/empty"/>'
    )
    await twilio.call(NUMBER, script=[Wait(10)])
    assert desk.heard("/empty")[0].params["Digits"] == ""
    assert len(desk.heard("/voice")) == 1


async def test_record_takes_the_callers_voice_and_tells_where_it_is(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml('<Record action="/left" recordingStatusCallback="/kept" timeout="1" maxLength="9"/>')
    desk.answers["/left"] = twiml("<Say>Thanks</Say>")
    record = await twilio.call(NUMBER, script=[Listen(quiet=0.05), Say(speech(0.4)), Press("#"), Wait(10)])
    await twilio.settle()
    [left] = desk.heard("/left")
    assert (left.params["Digits"], left.params["RecordingUrl"][-34:]) == ("#", record.recordings[0].sid)
    assert desk.heard("/kept")[0].params["RecordingStatus"] == "completed"
    kept = read_sound(record.recordings[0].wav)
    assert np.abs(kept).max() > 3000
    assert record.said() == ["Thanks"]


async def test_who_hangs_up_on_a_recording_is_still_told_of(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml('<Record action="/left" playBeep="false"/>')
    record = await twilio.call(NUMBER, script=[Say(speech()), HangUp()])
    await twilio.settle()
    [left] = desk.heard("/left")
    assert left.params["Digits"] == "hangup"
    assert left.params["CallStatus"] == "completed"
    assert record.ended_by == "person"


async def test_play_sounds_what_is_there(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml("<Play>/tune.wav</Play><Play>/gone.wav</Play>")
    desk.answers["/tune.wav"] = lambda _told: Response(wav_of(speech(0.3)), media_type="audio/wav")
    desk.answers["/gone.wav"] = lambda _told: Response("no", 404)
    record = await twilio.call(NUMBER, script=[Wait(10)])
    [sound] = record.ear.sounds.all()
    assert sound.ended - sound.began == pytest.approx(0.3, abs=0.011)
    assert [problem.code for problem in record.problems] == [11200]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response("<Response>", media_type="text/xml"), 12100),
        (Response("<Response/>", media_type="application/json"), 12300),
        (Response("no", 500), 11200),
        (Response("no", 403), 11200),
    ],
)
async def test_a_document_that_cannot_be_run_ends_the_call_with_a_problem(
    desk: Desk, twilio: TwilioSimulator, answer: Response, code: int
) -> None:
    desk.answers["/voice"] = lambda _told: answer
    desk.answers["/fallback"] = lambda _told: answer
    record = await twilio.call(NUMBER, script=[Wait(10)])
    assert (record.ended_by, record.problems[0].code) == ("problem", code)


async def test_the_fallback_is_asked_with_the_error(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = lambda _told: Response("no", 503)
    desk.answers["/fallback"] = twiml("<Say>Sorry</Say>")
    record = await twilio.call(NUMBER, script=[Wait(10)])
    [told] = desk.heard("/fallback")
    assert (told.params["ErrorCode"], told.params["ErrorUrl"]) == ("11200", f"{desk.url}/voice")
    assert record.said() == ["Sorry"]


async def test_a_caller_who_leaves_before_the_answer_has_canceled(desk: Desk, twilio: TwilioSimulator) -> None:
    held = asyncio.Event()

    async def slowly(_told: Told) -> str:
        await held.wait()
        return twiml("<Say>Hello</Say>")

    desk.answers["/voice"] = slowly
    async with twilio.calling(NUMBER) as phone:
        await twilio.wait_for(lambda: desk.heard("/voice"))
        phone.hang_up()
        held.set()
    await twilio.settle()
    assert (phone.record.status, phone.record.said()) == ("canceled", [])
    with pytest.raises(CallOver, match="canceled"):
        await phone.listen()


async def test_a_queue_holds_with_music_until_the_document_says_to_leave(desk: Desk, twilio: TwilioSimulator) -> None:
    rounds: list[Told] = []

    def music(told: Told) -> str:
        rounds.append(told)
        return twiml("<Leave/>") if len(rounds) == 3 else twiml("<Pause length='0.01'/><Say>wait</Say>")

    desk.answers["/voice"] = twiml('<Enqueue waitUrl="/music" action="/after">line</Enqueue>')
    desk.answers["/music"] = music
    desk.answers["/after"] = twiml("<Say>Your turn</Say>")
    record = await twilio.call(NUMBER, script=[Wait(20)])
    assert desk.heard("/after")[0].params["QueueResult"] == "leave"
    assert rounds[0].params["QueuePosition"] == "1"
    assert record.said() == ["wait", "wait", "Your turn"]
    assert twilio.exchange.queue("line").waiting == []


async def test_a_public_address_is_signed_and_another_one_is_called(desk: Desk) -> None:
    public = "https://parley.example"
    desk.answers["/voice"] = twiml("<Hangup/>")
    async with TwilioSimulator(reach={public: desk.url}) as twilio:
        record = await twilio.call(to_webhook=f"{public}/voice")
        [told] = desk.heard("/voice")
        signature = told.headers["x-twilio-signature"]
        assert RequestValidator(twilio.auth_token).validate(f"{public}/voice", told.params, signature)
        assert record.status == "completed"


async def test_it_does_not_reach_beyond_this_machine() -> None:
    async with TwilioSimulator() as twilio:
        record = await twilio.call(to_webhook="https://example.com/voice")
    assert (record.ended_by, record.problems[0].code) == ("problem", 11210)
    assert twilio.hooks[0].attempts[0].status is None
