"""A call by hand, as the terminal makes it."""

from __future__ import annotations

from channels_io.simulators.twilio import TwilioSimulator
from channels_io.simulators.twilio.talk import Keys, Speak, TalkPlan, person_for, talk
from tests.channels_io.simulators.twilio.conftest import BEN, NUMBER
from tests.channels_io.simulators.twilio.desk import VOICE, Desk, Line, speech, twiml


async def test_each_thing_said_waits_for_the_answer_before_it(desk: Desk, twilio: TwilioSimulator) -> None:
    async def answers(line: Line) -> None:
        await line.play()
        for count in (1, 2):
            await line.until("dtmf", count)
            await line.play()
        await line.until("stop")

    desk.talk = answers
    desk.answers["/voice"] = twiml(f'<Connect><Stream url="{desk.socket_url}"/></Connect>')
    told: list[str] = []
    async with twilio.calling(NUMBER) as phone:
        result = await talk(phone, TalkPlan(deeds=[Keys("1")], quiet_seconds=0.2), told.append)
    assert [answer.to for answer in result.answers] == ["", "keys 1"]
    assert all(answer.after_ms is not None for answer in result.answers)
    assert phone.record.ended_by == "person"
    assert told[-1] == "over      completed, ended by the caller"


async def test_an_interruption_is_timed_to_the_clear_that_answers_it(desk: Desk, twilio: TwilioSimulator) -> None:
    async def interrupted(line: Line) -> None:
        await line.play()
        await line.until("media", 60)
        await line.play(VOICE * 100)
        frames = len(line.of("media"))
        await line.until("media", frames + 60)
        await line.clear()
        await line.until("stop")

    desk.talk = interrupted
    desk.answers["/voice"] = twiml(f'<Connect><Stream url="{desk.socket_url}"/></Connect>')
    plan = TalkPlan(deeds=[Speak("one", speech(0.1)), Speak("two", speech(1.5), into_ms=200)], quiet_seconds=0.2)
    async with twilio.calling(NUMBER) as phone:
        told: list[str] = []
        result = await talk(phone, plan, lambda text: _hang_up_after(phone.hang_up, told, text))
    assert result.answers[2].to == "two"
    assert result.answers[2].cut_ms is not None
    assert len(phone.record.stream.clears) == 1


def _hang_up_after(hang_up: object, told: list[str], text: str) -> None:
    """The answer to an interruption is not waited for."""
    told.append(text)
    if text.startswith("cut off") and callable(hang_up):
        hang_up()


async def test_people_who_are_put_through_do_what_they_are_said_to(desk: Desk, twilio: TwilioSimulator) -> None:
    desk.answers["/whisper"] = twiml('<Gather numDigits="1" action="/choice"><Say>For you</Say></Gather>')
    desk.answers["/choice"] = lambda told: twiml("" if told.params["Digits"] == "1" else "<Hangup/>")
    desk.answers["/voice"] = twiml(f'<Dial timeout="2" action="/done"><Number url="/whisper">{BEN}</Number></Dial>')
    for word in ("accept", "reject", "busy", "nobody"):
        twilio.everybody_else(person_for(word))
        async with twilio.calling(NUMBER) as phone:
            await phone.ended()
    outcomes = [told.params["DialCallStatus"] for told in desk.heard("/done")]
    assert outcomes == ["completed", "no-answer", "busy", "no-answer"]
    assert [told.params["Digits"] for told in desk.heard("/choice")] == ["1", "2"]
