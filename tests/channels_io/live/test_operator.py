"""People behind a running leg: taking over, talking, giving back, whispering, holding, ending. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from agents.tools.answer import ToolAnswer, failure
from channels_io.end_reasons import EndReason
from channels_io.entries import AgentTurn, EventEntry
from channels_io.live import messages
from channels_io.live.facts import OwnerNow
from channels_io.live.limits import Limits
from channels_io.live.lines import line_text
from channels_io.live.own_tools import Line
from inference import events as wire
from inference.cloning import VoiceSample
from inference.errors import WorkerFull
from inference.events import Control, ConversationState, Media, Message
from inference.lending import LentService
from inference.spec import AgentSpec
from tests.channels_io.live.script import FACTS, ScriptedLink, Stage, tone
from tests.support.virtual_time import run_virtual

HANDED_OVER = line_text("handed_over", "en")
HANDED_BACK = line_text("handed_back", "en")
ONE_MOMENT = line_text("one_moment", "en")
GOODBYE = line_text("person_ended", "en")
LINE_SECONDS = 0.5
"""What the scripted voice takes for any sentence."""


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


def controls(link: ScriptedLink) -> list[Control]:
    return [message for message in link.received if isinstance(message, Control)]


def caller_link(stage: Stage) -> ScriptedLink:
    """The worker of the conversation, not the one that writes down what a person says."""
    return next(link for link in reversed(stage.workers.links) if not link.opening.listen_only)


def ear_link(stage: Stage) -> ScriptedLink:
    return next(link for link in reversed(stage.workers.links) if link.opening.listen_only)


def said(stage: Stage) -> list[str]:
    """What the caller was shown of replies, in order."""
    return [event.text for event in stage.channel.sent if isinstance(event, messages.ReplyDone)]


async def owned(stage: Stage) -> None:
    """A person has taken over, and the hand-over line is over."""
    await stage.take_over()
    await asyncio.sleep(LINE_SECONDS + 0.1)


async def speak(stage: Stage, milliseconds: int, *, number: int | None = None) -> None:
    for _ in range(milliseconds // 20):
        stage.microphone(tone(20, 16_000), number)
        await asyncio.sleep(0.02)


def events(stage: Stage, kind: str) -> list[Mapping[str, Any]]:
    return [entry.data for entry in stage.recorder.entries if isinstance(entry, EventEntry) and entry.kind == kind]


@virtual
async def test_taking_over_cuts_the_agent_and_the_caller_is_told_first() -> None:
    async with Stage() as stage:
        await stage.down(wire.ReplyText(1, "A long story."), wire.ReplyAudio(1, tone(5000)))
        await asyncio.sleep(1)
        await stage.take_over()
        assert [turn for _, turn in stage.channel.clears] == [1]
        assert said(stage) == [HANDED_OVER]
        assert stage.channel.sent[-1] == messages.OwnerState("human")
        (control,) = controls(stage.link if not stage.link.opening.listen_only else caller_link(stage))
        assert (control.action, control.text) == ("owner", "human")
        line_turn = next(event.turn for event in stage.channel.sent if isinstance(event, messages.ReplyDone))
        # What is still on its way of the old reply is dropped, also the worker's word that it is cut.
        before = stage.channel.samples(1)
        caller_link(stage).say(wire.ReplyAudio(1, tone(500)), wire.Interrupted(2))
        await asyncio.sleep(LINE_SECONDS + 0.2)
        assert stage.channel.samples(1) == before
        assert stage.channel.samples(line_turn) == round(24_000 * LINE_SECONDS)
        assert control.turn > line_turn - 1
        assert [change["owner"] for change in events(stage, "owner")] == ["human"]


@virtual
async def test_the_person_is_heard_after_the_line_and_within_the_delay() -> None:
    async with Stage() as stage:
        await stage.take_over()
        await speak(stage, 200)  # Into the hand-over line: the caller hears that out.
        assert len({turn for _, turn, _ in stage.channel.audio}) == 1
        await asyncio.sleep(LINE_SECONDS)
        began = stage.clock()
        await speak(stage, 400)
        await asyncio.sleep(0.1)
        voice = [(at, count) for at, turn, count in stage.channel.audio if at >= began]
        assert 0 <= 24 * 400 - sum(count for _, count in voice) <= 24  # The resampler keeps 1 ms at most.
        assert 0.0399 <= voice[0][0] - began <= 0.0601
        # The last frame came 0.38 s after the first, and leaves no later than the buffer allows.
        assert voice[-1][0] - (began + 0.38) <= 0.0601
        assert sum(count for _, count in stage.recorder.agent_audio) >= 24 * 399


@virtual
async def test_a_caller_who_speaks_does_not_cut_a_person() -> None:
    async with Stage() as stage:
        await owned(stage)
        clears = len(stage.channel.clears)
        talking = asyncio.create_task(speak(stage, 600))
        await asyncio.sleep(0.2)
        link = caller_link(stage)
        link.say(wire.SpeechStarted(10, 5), wire.Floor("duck", 50), wire.Floor("hold", 50), wire.Heard(5, "But why?"))
        await talking
        await asyncio.sleep(0.1)
        assert len(stage.channel.clears) == clears
        assert stage.channel.floor == []
        assert [turn.text for turn in stage.recorder.callers()] == ["But why?"]


@virtual
async def test_no_answer_is_missed_while_a_person_talks_and_silence_lasts_longer() -> None:
    limits = Limits(silent_voice=30.0)
    async with Stage(limits=limits) as stage:
        await stage.down(wire.Heard(1, "Question?"))  # An answer was due.
        await owned(stage)
        for _ in range(100):
            await stage.note(do="here", number=1)
            await asyncio.sleep(0.6)
        assert len([link for link in stage.workers.links if not link.opening.listen_only]) == 1
        assert not stage.running.done()
        await stage.give_back()
        await asyncio.sleep(1)
        assert await stage.end() == EndReason.SILENCE


@virtual
async def test_giving_back_tells_the_worker_where_and_the_caller_who() -> None:
    async with Stage() as stage:
        await owned(stage)
        await stage.give_back("booking")
        assert said(stage) == [HANDED_OVER, HANDED_BACK]
        back = controls(caller_link(stage))[-1]
        assert (back.action, back.text, back.node) == ("owner", "ai", "booking")
        caller_link(stage).say(
            wire.ReplyText(back.turn, "Then let us book."),
            wire.ReplyAudio(back.turn, tone(300)),
            wire.ReplyDone(back.turn, "Then let us book."),
        )
        await asyncio.sleep(2)
        # After the line, not in its place: and the worker learns that it was played.
        turns = [turn for _, turn, _ in stage.channel.audio]
        assert turns == sorted(turns)
        assert stage.channel.samples(back.turn) == 24 * 300
        assert any(
            isinstance(up, wire.Playback) and up.turn == back.turn and up.done for up in caller_link(stage).received
        )


@virtual
async def test_what_a_former_owner_says_is_not_heard() -> None:
    async with Stage() as stage:
        await owned(stage)
        await stage.give_back()
        await asyncio.sleep(LINE_SECONDS + 0.1)
        before = len(stage.channel.audio)
        await speak(stage, 200, number=1)
        await stage.take_over("Bob")
        await asyncio.sleep(LINE_SECONDS + 0.1)
        after_line = len(stage.channel.audio)
        await speak(stage, 200, number=1)
        assert after_line > before
        assert len(stage.channel.audio) == after_line


@virtual
async def test_what_the_person_says_is_written_down_and_told_to_the_agent() -> None:
    async with Stage() as stage:
        await owned(stage)
        began = stage.clock()
        await speak(stage, 1000)
        ear = ear_link(stage)
        assert ear.opening.listen_only
        assert sum(len(up.pcm) for up in ear.received if isinstance(up, wire.Audio)) == 2 * 16_000
        ear.say(wire.Heard(1, "Your name, please?", speech_start=1600, speech_end=14_400))
        await asyncio.sleep(0.01)
        (turn,) = [entry for entry in stage.recorder.entries if isinstance(entry, AgentTurn) and entry.role == "human"]
        assert (turn.text, turn.by, turn.source) == ("Your name, please?", "us_Alice", "voice")
        offset = round((began - stage.started) * 1000)
        assert abs(turn.started_ms - offset - 100) <= 40
        assert abs(turn.ended_ms - offset - 900) <= 40
        told = controls(caller_link(stage))[-1]
        assert (told.action, told.text) == ("told", "Your name, please?")
        assert said(stage)[-1] == "Your name, please?"
        # Talking goes on under a number that the caller's player still takes.
        turns_before = {turn for _, turn, _ in stage.channel.audio}
        await speak(stage, 100)
        assert {turn for _, turn, _ in stage.channel.audio} == turns_before


@virtual
async def test_without_a_worker_for_it_the_talk_goes_on_and_says_so_once() -> None:
    async with Stage() as stage:
        stage.workers.refusals = [WorkerFull("full"), WorkerFull("full")]
        await owned(stage)
        await asyncio.sleep(6)
        before = len(stage.channel.audio)
        await speak(stage, 100)
        assert len(stage.channel.audio) > before
        assert [event["code"] for event in events(stage, "failed")] == ["person_not_heard"]


@virtual
async def test_a_person_who_is_gone_is_excused_in_time_and_then_the_agent_goes_on() -> None:
    async with Stage() as stage:
        await owned(stage)
        await speak(stage, 1000)
        left = stage.clock()
        await asyncio.sleep(1.5)
        line = next(
            event.turn
            for event in stage.channel.sent
            if isinstance(event, messages.ReplyDone) and event.text == ONE_MOMENT
        )
        at = next(at for at, turn, _ in stage.channel.audio if turn == line)
        assert 0.95 < at - left < 1.5
        assert said(stage).count(ONE_MOMENT) == 1
        await asyncio.sleep(7)
        assert said(stage)[-1] == HANDED_BACK
        assert said(stage).count(ONE_MOMENT) == 1
        assert (stage.desk.row.owner, stage.desk.row.by) == ("ai", "lost")
        assert controls(caller_link(stage))[-1].text == "ai"


@virtual
async def test_a_person_who_comes_back_in_time_keeps_the_call() -> None:
    async with Stage() as stage:
        await owned(stage)
        await asyncio.sleep(3)
        assert said(stage)[-1] == ONE_MOMENT
        for _ in range(40):
            await stage.note(do="here", number=1)
            await asyncio.sleep(0.4)
        assert stage.desk.row.owner == "human"
        assert said(stage).count(ONE_MOMENT) == 1
        before = len(stage.channel.audio)
        await speak(stage, 200)
        await asyncio.sleep(0.1)
        assert len(stage.channel.audio) >= before + 9


@virtual
async def test_a_lost_hint_is_made_good_by_the_heartbeat() -> None:
    async with Stage() as stage:
        stage.desk.row = OwnerNow(owner="human", number=1, user="us_1", name="Alice", by="taken")
        await asyncio.sleep(1)
        assert said(stage) == []
        stage.session.read_owner()
        await asyncio.sleep(0.01)
        assert said(stage) == [HANDED_OVER]
        await stage.note(do="owner", number=1)  # The hint comes after all: nothing happens twice.
        assert said(stage) == [HANDED_OVER]


@virtual
async def test_a_leg_that_goes_on_knows_its_person_and_the_worker_is_told() -> None:
    facts = replace(
        FACTS,
        state=ConversationState(turn=4, greeted=True, owner="ai"),
        owner=OwnerNow(owner="human", number=3, user="us_1", name="Alice", by="taken"),
        resumed=True,
    )
    async with Stage(facts=facts) as stage:
        await asyncio.sleep(0.1)
        assert said(stage) == []  # The caller knows already.
        assert [(control.action, control.text) for control in controls(caller_link(stage))] == [("owner", "human")]
        await asyncio.sleep(2)
        assert said(stage) == [ONE_MOMENT]  # Nobody is there.
        await asyncio.sleep(8)
        assert said(stage) == [ONE_MOMENT, HANDED_BACK]


@virtual
async def test_a_call_given_back_while_nothing_ran_goes_on_with_the_agent() -> None:
    facts = replace(
        FACTS,
        state=ConversationState(turn=4, greeted=True, owner="human"),
        owner=OwnerNow(owner="ai", number=4, node="booking", by="given_back"),
    )
    async with Stage(facts=facts) as stage:
        await asyncio.sleep(0.1)
        (control,) = controls(caller_link(stage))
        assert (control.action, control.text, control.node) == ("owner", "ai", "booking")


@virtual
async def test_a_worker_lost_while_a_person_talks_is_no_silence_and_no_end() -> None:
    async with Stage(limits=Limits(worker_away=5.0)) as stage:
        await owned(stage)
        stage.workers.down = True
        caller_link(stage).die()
        for _ in range(30):
            await speak(stage, 400)
        assert not stage.running.done()
        assert said(stage) == [HANDED_OVER]
        await stage.note(do="told", text="Two tickets, then.")
        stage.workers.down = False
        for _ in range(10):
            await speak(stage, 400)
        state = caller_link(stage).opening.state
        assert state is not None
        assert state.owner == "human"
        assert state.history[-1] == Message("assistant", "Two tickets, then.", wire.HUMAN)
        assert said(stage) == [HANDED_OVER, "Two tickets, then."]


@virtual
async def test_whispering_is_for_the_agent_alone() -> None:
    async with Stage() as stage:
        await stage.note(do="whisper", text="Offer ten percent off.", by="Alice")
        assert controls(stage.link) == [Control("instruct", "Offer ten percent off.")]
        assert not stage.channel.audio
        assert events(stage, "whispered") == [{"text": "Offer ten percent off.", "by": "Alice"}]


@virtual
async def test_a_sentence_for_the_agent_is_not_said_while_a_person_talks() -> None:
    async with Stage() as stage:
        await stage.note(do="say", text="We close at six.", by="Alice")
        assert controls(stage.link) == [Control("say", "We close at six.")]
        await owned(stage)
        await stage.note(do="say", text="We close at six.", by="Bob")
        assert [control.action for control in controls(caller_link(stage))] == ["say", "owner"]


@virtual
async def test_a_hold_is_heard_and_nobody_else_is() -> None:
    async with Stage() as stage:
        await owned(stage)
        before = len(stage.channel.audio)
        await stage.note(do="hold", on=True)
        await speak(stage, 1000)
        for _ in range(20):
            await stage.note(do="here", number=1)
            await asyncio.sleep(0.3)
        held = stage.channel.audio[before:]
        assert sum(count for *_, count in held) > 24_000 * 5
        assert [control.action for control in controls(caller_link(stage))][-1] == "hold"
        await stage.note(do="hold", on=False)
        await asyncio.sleep(0.2)
        quiet = len(stage.channel.audio)
        for _ in range(5):
            await stage.note(do="here", number=1)
            await asyncio.sleep(0.3)
        assert len(stage.channel.audio) == quiet
        assert [control.action for control in controls(caller_link(stage))][-1] == "resume"
        await speak(stage, 200)
        assert len(stage.channel.audio) > quiet


@virtual
async def test_a_person_ends_the_call_with_a_goodbye() -> None:
    async with Stage() as stage:
        await owned(stage)
        await stage.note(do="end")
        assert await stage.end() == EndReason.PERSON_ENDED
        assert said(stage)[-1] == GOODBYE
        assert stage.channel.sent[-1] == messages.Ended("person_ended")


class Switchboard:
    def __init__(self, answer: ToolAnswer) -> None:
        self.answer = answer
        self.asked: list[Mapping[str, Any]] = []

    async def run(self, spec: AgentSpec, name: str, arguments: Mapping[str, Any], call: str, line: Line) -> ToolAnswer:
        self.asked.append({"name": name, **arguments})
        if self.answer.ok:
            line.leave(EndReason.TRANSFERRED)
        return self.answer

    async def hand_over(self, agent: str) -> AgentSpec | None:
        return None

    async def lend(self, spec: AgentSpec) -> tuple[LentService, ...]:
        return ()

    async def voices(self, spec: AgentSpec) -> tuple[VoiceSample, ...]:
        return ()

    async def denied(self, name: str) -> None: ...


@virtual
async def test_a_transfer_that_fails_leaves_the_caller_with_the_agent() -> None:
    board = Switchboard(failure("busy", "The line is busy."))
    async with Stage(tools=board) as stage:
        await stage.note(do="transfer", target="Front desk")
        await asyncio.sleep(0.1)
        assert board.asked == [{"name": "parley.transfer", "target": "Front desk", "mode": "cold", "briefing": ""}]
        assert [control.action for control in controls(stage.link)] == ["pause", "resume"]
        assert events(stage, "person_transfer") == [{"ok": False, "code": "busy"}]


@virtual
async def test_a_channel_may_have_its_own_words_or_none() -> None:
    facts = replace(FACTS, lines={"handed_over": "Moment, ich verbinde.", "handed_back": ""})
    async with Stage(facts=facts) as stage:
        await owned(stage)
        await stage.give_back()
        assert said(stage) == ["Moment, ich verbinde."]
        assert stage.channel.sent[-1] == messages.OwnerState("ai")


@virtual
async def test_a_chat_is_taken_over_in_writing() -> None:
    async with Stage(media=Media("text")) as stage:
        await stage.take_over()
        assert said(stage) == [HANDED_OVER]
        await asyncio.sleep(30)
        assert said(stage) == [HANDED_OVER]  # Nobody has to hold a line open.
        await stage.note(do="told", text="I am Alice.", by="Alice", turn="tn_1")
        assert said(stage) == [HANDED_OVER, "I am Alice."]
        assert controls(stage.link)[-1].action == "told"
        written = [entry for entry in stage.recorder.entries if isinstance(entry, AgentTurn) and entry.role == "human"]
        assert written == []  # It is in the record already.


@virtual
async def test_two_hints_at_once_are_one_change() -> None:
    async with Stage() as stage:
        await stage.take_over()
        await stage.note(do="owner", number=1)
        await stage.note(do="owner", number=0)
        assert len(events(stage, "owner")) == 1


@virtual
async def test_notes_of_strangers_are_passed_over() -> None:
    async with Stage() as stage:
        for payload in (
            b"",
            b"{",
            b"[]",
            b'{"do":"explode"}',
            b'{"do":"hold"}',
            b'{"do":"owner","number":"1"}',
            b"\xff",
        ):
            stage.hub.publish("live:cv_1:control", payload)
            stage.hub.publish("live:cv_1:microphone", payload)
        await asyncio.sleep(0.1)
        assert not stage.running.done()
        await stage.note(do="whisper", text="Go on.")
        assert controls(stage.link) == [Control("instruct", "Go on.")]
