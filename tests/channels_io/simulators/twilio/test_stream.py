"""Media streams: what the server sees, and what the person hears."""

from __future__ import annotations

import asyncio
import base64

import numpy as np
import pytest
from twilio.request_validator import RequestValidator
from websockets.exceptions import InvalidStatus

from channels_io.simulators.twilio import Faults, HangUp, Listen, Press, Say, TwilioSimulator, Wait
from inference.audio import ulaw_decode
from tests.channels_io.simulators.twilio.conftest import NUMBER
from tests.channels_io.simulators.twilio.desk import VOICE, Desk, Line, speech, twiml


def connect(desk: Desk, more: str = "", query: str = "") -> str:
    parameter = '<Parameter name="token" value="once"/>'
    return f'<Connect><Stream url="{desk.socket_url}{query}" {more}>{parameter}</Stream></Connect>'


async def test_the_handshake_is_signed_and_start_tells_the_call_and_its_parameters(
    desk: Desk, twilio: TwilioSimulator
) -> None:
    desk.answers["/voice"] = twiml(connect(desk))
    record = await twilio.call(NUMBER, script=[Wait(0.1), HangUp()])
    [line] = desk.lines
    assert RequestValidator(twilio.auth_token).validate(desk.socket_url, {}, line.headers["x-twilio-signature"])
    assert line.got[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    start = line.got[1]
    assert (start["event"], start["sequenceNumber"]) == ("start", "1")
    assert start["start"]["callSid"] == record.sid
    assert start["start"]["customParameters"] == {"token": "once"}
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


async def test_frames_of_20_ms_come_in_order_and_the_end_is_told(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(connect(desk))
    await twilio.call(NUMBER, script=[Say(speech(0.3)), Press("7"), HangUp()])
    [line] = desk.lines
    await asyncio.wait_for(line.closed.wait(), 5)
    frames = line.of("media")
    assert [int(frame["media"]["chunk"]) for frame in frames] == list(range(1, len(frames) + 1))
    numbers = [int(message["sequenceNumber"]) for message in line.got[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(len(base64.b64decode(frame["media"]["payload"])) == 160 for frame in frames)
    assert all(message["streamSid"] == line.sid for message in line.got[1:])
    assert line.of("dtmf")[0]["dtmf"] == {"track": "inbound_track", "digit": "7"}
    assert line.got[-1]["event"] == "stop"
    sent = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in frames)
    assert np.abs(ulaw_decode(sent)).max() > 5000


async def test_what_the_server_plays_is_heard_and_its_marks_come_back(desk: Desk, twilio: TwilioSimulator) -> None:
    async def talk(line: Line) -> None:
        await line.play()
        await line.mark("greeting")
        await line.until("mark")

    desk.talk = talk
    desk.answers["/voice"] = twiml(connect(desk), "<Say>after</Say>")
    record = await twilio.call(NUMBER, script=[Wait(10)])
    [mark] = record.stream.marks
    assert mark.name == "greeting"
    assert mark.returned is not None
    assert not mark.cleared
    # The mark returns when the 200 ms before it have sounded; the verb below the stream runs when the server closes.
    assert mark.returned - mark.received >= 0.19
    assert record.stream.close_code == 1000
    assert record.said() == ["after"]
    assert record.ear.sounds.all()[0].ended - record.ear.sounds.all()[0].began == pytest.approx(0.2, abs=0.011)


async def test_a_clear_cuts_what_is_buffered_and_gives_marks_back_at_once(desk: Desk, twilio: TwilioSimulator) -> None:
    async def talk(line: Line) -> None:
        await line.play(VOICE * 50)
        await line.mark("far")
        await asyncio.sleep(0.1)
        await line.clear()
        await line.until("mark")

    desk.talk = talk
    desk.answers["/voice"] = twiml(connect(desk))
    record = await twilio.call(NUMBER, script=[Wait(20)])
    [mark] = record.stream.marks
    assert mark.cleared
    assert len(record.stream.clears) == 1
    assert len(record.heard()) < 8000


async def test_a_person_can_wait_for_the_answer_and_speak_into_it(desk: Desk, twilio: TwilioSimulator) -> None:
    async def talk(line: Line) -> None:
        await line.play()
        await line.until("dtmf")
        await line.play(VOICE * 50)
        await line.until("dtmf", 2)

    desk.talk = talk
    desk.answers["/voice"] = twiml(connect(desk))
    async with twilio.calling(NUMBER) as phone:
        assert await phone.listen(quiet=0.1)
        await phone.press("1")
        assert await phone.into(0.2)
        assert phone.sounding()
        await phone.press("2")
        await phone.ended()
    assert phone.record.problems == []


async def test_a_query_string_does_not_reach_the_server(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(connect(desk, query="?token=abc"))
    record = await twilio.call(NUMBER, script=[Wait(0.1), HangUp()])
    assert len(desk.lines) == 1
    assert record.stream.url == desk.socket_url
    assert [problem.code for problem in record.problems] == [31941]


async def test_a_refused_handshake_is_told_and_the_call_goes_on_below(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.refuse = True
    desk.answers["/voice"] = twiml(connect(desk, 'statusCallback="/stream"'), "<Say>sorry</Say>")
    record = await twilio.call(NUMBER, script=[Wait(10)])
    await twilio.settle()
    assert record.stream.handshake_status == 403
    assert record.problems[0].code == 31920
    assert record.said() == ["sorry"]
    assert desk.heard("/stream")[0].params["StreamEvent"] == "stream-error"


async def test_the_streams_status_is_told(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(connect(desk, 'statusCallback="/stream" name="talk"'))
    record = await twilio.call(NUMBER, script=[Wait(0.1), HangUp()])
    await twilio.settle()
    told = [each.params for each in desk.heard("/stream")]
    assert [each["StreamEvent"] for each in told] == ["stream-started", "stream-stopped"]
    assert {(each["CallSid"], each["StreamName"]) for each in told} == {(record.sid, "talk")}


async def test_messages_that_make_no_sense_are_noted(desk: Desk, twilio: TwilioSimulator) -> None:
    async def talk(line: Line) -> None:
        await line.socket.send_text("hello")
        await line.send({"event": "media", "media": {"payload": "***"}})
        await line.send({"event": "dance"})
        await line.send({"event": "clear", "streamSid": "MZother"})
        await line.play()

    desk.talk = talk
    desk.answers["/voice"] = twiml(connect(desk))
    record = await twilio.call(NUMBER, script=[Wait(10)])
    assert [problem.code for problem in record.problems] == [31951] * 4
    assert record.stream.media_messages == 1


async def test_a_stream_can_go_dead_without_being_closed(desk: Desk, twilio: TwilioSimulator) -> None:
    twilio.faults = Faults(half_open_after=0.1)
    desk.answers["/voice"] = twiml(connect(desk))
    async with twilio.calling(NUMBER) as phone:
        await twilio.wait_for(lambda: phone.record.streams and phone.record.stream.half_open)
        sent = phone.record.stream.frames_sent
        await phone.wait(0.2)
        assert phone.record.stream.frames_sent == sent
        assert not desk.lines[0].closed.is_set()
        assert not phone.over.is_set()
    assert [fault for _, fault, _, _ in twilio.faulted] == ["half_open"]


async def test_a_socket_of_ones_own_is_signed_well_or_not(desk: Desk, twilio: TwilioSimulator) -> None:
    async with await twilio.open_socket(desk.socket_url):
        await twilio.wait_for(lambda: desk.lines)
    assert RequestValidator(twilio.auth_token).validate(
        desk.socket_url, {}, desk.lines[0].headers["x-twilio-signature"]
    )
    async with await twilio.open_socket(desk.socket_url, signature=""):
        await twilio.wait_for(lambda: len(desk.lines) == 2)
    assert "x-twilio-signature" not in desk.lines[1].headers
    desk.refuse = True
    with pytest.raises(InvalidStatus):
        await twilio.open_socket(desk.socket_url)


async def test_a_call_that_is_steered_elsewhere_stops_its_stream(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(connect(desk))
    client = await asyncio.to_thread(twilio.client)
    async with twilio.calling(NUMBER) as phone:
        await twilio.wait_for(lambda: desk.lines and desk.lines[0].of("media"))
        await asyncio.to_thread(client.calls(phone.record.sid).update, twiml=twiml("<Say>moved</Say>"))
        await phone.ended()
    await asyncio.wait_for(desk.lines[0].closed.wait(), 5)
    assert desk.lines[0].got[-1]["event"] == "stop"
    assert phone.record.said() == ["moved"]


async def test_a_person_waits_no_longer_than_they_want(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/voice"] = twiml(connect(desk))
    record = await twilio.call(NUMBER, script=[Listen(seconds=0.2), HangUp()])
    assert (record.ended_by, record.ear.sounds.all()) == ("person", [])
