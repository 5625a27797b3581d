"""All lines are busy: who waits hears so, in order, and is connected or sent home with a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from channels_io.base import CloseCode
from channels_io.live import messages
from channels_io.live.hold_lines import HoldLines
from channels_io.live.limits import Limits
from channels_io.live.lines import Line, line_text
from channels_io.live.messages import Hangup, Text
from channels_io.live.waiting_line import WaitingLine
from inference import events as wire
from inference.audio import AudioFrame
from inference.errors import WorkerFull
from inference.events import ConversationState, Media
from inference.spec import VoiceSpec
from tests.channels_io.live.script import SPEC, Stage, tone
from tests.support.virtual_time import run_virtual

LIMITS = Limits(queue=60.0)


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


def full(stage: Stage, times: int) -> Stage:
    stage.workers.refusals = [WorkerFull("full") for _ in range(times)]
    return stage


def said(stage: Stage) -> list[str]:
    return [event.text for event in stage.channel.sent if isinstance(event, messages.ReplyText)]


def lines(*names: Line) -> list[str]:
    return [line_text(name, "en") for name in names]


# --- the line and its sentences -------------------------------------------------------------------


def test_places_move_up_when_one_before_leaves() -> None:
    line = WaitingLine()
    first, second, third = line.join(), line.join(), line.join()
    assert [place.number for place in (first, second, third)] == [1, 2, 3]
    second.leave()
    second.leave()
    assert [place.number for place in (first, second, third)] == [1, 0, 2]
    first.leave()
    assert third.number == len(line) == 1


def test_a_caller_hears_the_place_at_first_when_it_is_nearer_and_a_comfort_now_and_then() -> None:
    hold = HoldLines(every=15.0)
    assert hold.due(5, 0.0) == ("busy",)
    assert hold.due(4, 2.0) == ()
    assert hold.due(2, 3.0) == ("busy_second",)
    assert hold.due(2, 17.0) == ()
    assert hold.due(2, 18.0) == ("busy_still",)
    assert hold.due(1, 19.0) == ("busy_next",)
    assert HoldLines(every=15.0).due(1, 0.0) == ("busy", "busy_next")


# --- a session in line ----------------------------------------------------------------------------


@virtual
async def test_a_caller_hears_at_once_that_all_lines_are_busy_and_then_gets_one() -> None:
    async with full(Stage(limits=LIMITS), 4) as stage:
        assert said(stage) == lines("busy", "busy_next")
        await asyncio.sleep(0.5)
        assert stage.channel.audio
        assert stage.channel.audio[0][0] - stage.started < 0.1
        assert not stage.workers.links
        await asyncio.sleep(4)
        assert isinstance(stage.channel.sent[0], messages.Waiting)
        assert stage.channel.got(messages.Ready) == [messages.Ready("cv_1", "lg_1", "Ada", 16_000, 24_000, False)]
        # The greeting is a turn after the sentences of the wait, so it is no stale reply.
        assert stage.link.opening == wire.Open(SPEC, "cv_1", Media(), ConversationState(turn=3))
        await stage.down(wire.ReplyText(3, "Hello."), wire.ReplyAudio(3, tone(200)), wire.ReplyDone(3, "Hello.", 4800))
        await asyncio.sleep(0.5)
        assert said(stage)[-1] == "Hello."
        assert stage.channel.samples(3) == 4800
        assert stage.recorder.events() == ["waiting"]


@virtual
async def test_a_sentence_that_still_sounds_ends_when_a_line_is_free() -> None:
    async def slowly_spoken(text: str, voice: VoiceSpec, rate: int, workspace: str = "") -> AudioFrame:
        return AudioFrame(tone(3000, rate), rate)

    stage = full(Stage(limits=LIMITS), 1)
    stage.workers.synthesize = slowly_spoken  # type: ignore[method-assign]
    async with stage:
        await asyncio.sleep(3)
        assert stage.channel.got(messages.Ready)
        connected, turn = stage.channel.clears[0]
        assert turn == 2
        assert 0.9 < connected - stage.started < 1.1
        assert stage.channel.audio[-1][0] <= connected


@virtual
async def test_nobody_comes_after_the_longest_wait_and_the_caller_hears_goodbye() -> None:
    async with full(Stage(limits=LIMITS), 1000) as stage:
        assert await stage.end() == "worker_full"
        assert stage.channel.close_code == CloseCode.WORKER_FULL
        assert said(stage) == lines("busy", "busy_next", "busy_still", "busy_still", "busy_still", "busy_goodbye")
        assert 60 <= stage.clock() - stage.started < 65
        last = max(turn for _, turn, _ in stage.channel.audio)
        assert stage.channel.samples(last) == 12_000  # all of the goodbye
        assert [event.code for event in stage.channel.sent if isinstance(event, messages.Failed)] == ["worker_full"]


@virtual
async def test_hanging_up_while_waiting_leaves_the_line() -> None:
    waiting = WaitingLine()
    async with full(Stage(limits=LIMITS, waiting=waiting), 1000) as stage:
        await asyncio.sleep(5)
        assert len(waiting) == 1
        await stage.hear(Hangup())
        assert await stage.end() == "hangup"
        assert len(waiting) == 0


@virtual
async def test_who_came_first_is_connected_first() -> None:
    waiting = WaitingLine()
    first, second = Stage(limits=LIMITS, waiting=waiting), Stage(limits=LIMITS, waiting=waiting)
    third = Stage(limits=LIMITS, waiting=waiting)
    full(first, 5)
    async with first, full(second, 1), third:  # there is room for the third at once, but two came before
        assert said(first) == lines("busy", "busy_next")
        assert said(second) == lines("busy", "busy_second")
        assert said(third) == lines("busy", "busy_third")
        await asyncio.sleep(3)
        assert not (first.workers.links or second.workers.links or third.workers.links)
        await asyncio.sleep(5)
        for stage in (first, second, third):
            assert stage.channel.got(messages.Ready)
        assert said(second)[2:] == lines("busy_next")
        seconds = [len(stage.channel.got(messages.Waiting)) for stage in (first, second, third)]
        assert seconds[0] == 5
        assert seconds == sorted(seconds)
        assert len(waiting) == 0


@virtual
async def test_without_a_voice_a_full_worker_refuses_at_once() -> None:
    stage = full(Stage(limits=LIMITS), 1000)
    stage.workers.voice_fails = True
    async with stage:
        assert await stage.end() == "worker_full"
        assert stage.clock() - stage.started < 2
        assert said(stage) == []


@virtual
async def test_messages_are_not_put_in_line() -> None:
    waiting = WaitingLine()
    limits = Limits(first_worker=20.0, queue_when_full=True, queue=60.0)
    async with full(Stage(media=Media("text"), limits=limits, waiting=waiting), 3) as stage:
        await stage.hear(Text("Question?", "m1"))
        await asyncio.sleep(10)
        assert stage.link.got(wire.Text) == [wire.Text("Question?", "m1")]
        assert not stage.channel.got(messages.Waiting)
