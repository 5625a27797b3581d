"""A worker that is about to stop hands its conversation to another one between two turns, and nobody hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from channels_io.live import messages
from channels_io.live.messages import CallerAudio
from inference import events as wire
from inference.errors import WorkerLost
from inference.events import LEAVING, ConversationState, Message, Open
from tests.channels_io.live.script import ScriptedLink, ScriptedWorkers, Stage, tone
from tests.support.virtual_time import run_virtual

OFFER = wire.Failed(LEAVING, "This worker is about to stop.")
STATE = ConversationState(turn=1, greeted=True, history=(Message("user", "Question?"), Message("assistant", "Answer.")))


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


class SlowWorkers(ScriptedWorkers):
    """Another worker is there after `seconds`, or not at all."""

    seconds = 0.3
    nowhere = False

    @asynccontextmanager
    async def connect(self, opening: Open, *, leaving: object = None) -> AsyncIterator[ScriptedLink]:
        if leaving is not None:
            await asyncio.sleep(self.seconds)
            if self.nowhere:
                raise WorkerLost("There is no other worker.")
        async with super().connect(opening) as link:
            yield link
        link.dead = True


async def a_turn(stage: Stage) -> None:
    await stage.down(
        wire.Heard(1, "Question?", source="text"),
        wire.ReplyText(1, "Answer."),
        wire.ReplyAudio(1, tone(100)),
        wire.ReplyDone(1, "Answer.", 2400),
    )
    await asyncio.sleep(0.5)
    await stage.down(wire.State(STATE, 1, 1, "Answer."))


def staged() -> tuple[Stage, SlowWorkers]:
    stage = Stage()
    stage.workers = workers = SlowWorkers()
    return stage, workers


@virtual
async def test_the_conversation_goes_on_elsewhere_and_nobody_hears_of_it() -> None:
    stage, workers = staged()
    async with stage:
        await a_turn(stage)
        old, sent = stage.link, len(stage.channel.sent)
        await stage.down(OFFER)
        frames = [tone(20, 16_000, level) for level in (1000, 2000)]
        await stage.hear(*(CallerAudio(frame, stage.clock()) for frame in frames))
        assert stage.link is old
        await asyncio.sleep(0.5)
        assert stage.link is not old
        assert old.dead
        assert stage.link.opening.state == wire.ConversationState(turn=2, greeted=True, history=STATE.history)
        assert stage.link.got(wire.Audio) == [wire.Audio(frame) for frame in frames]
        assert stage.channel.sent[sent:] == []
        assert stage.recorder.events() == ["worker_changed"]
        await stage.down(wire.Heard(3, "And now?", source="text"), wire.ReplyText(3, "Now."))
        assert messages.ReplyText(3, "Now.") in stage.channel.sent


@virtual
async def test_without_another_worker_the_old_one_goes_on() -> None:
    stage, workers = staged()
    workers.nowhere = True
    async with stage:
        await a_turn(stage)
        old = stage.link
        await stage.down(OFFER)
        frame = tone(20, 16_000)
        await stage.hear(CallerAudio(frame, stage.clock()))
        await asyncio.sleep(0.5)
        assert stage.link is old
        assert not old.dead
        assert old.got(wire.Audio) == [wire.Audio(frame)]
        await stage.down(wire.Heard(2, "Still there?", source="text"), wire.ReplyText(2, "Yes."))
        assert messages.ReplyText(2, "Yes.") in stage.channel.sent
        assert stage.recorder.events() == []
        workers.nowhere = False
        await stage.down(OFFER)
        await asyncio.sleep(0.5)
        assert stage.link is not old


@virtual
async def test_what_is_typed_meanwhile_reaches_one_worker_once() -> None:
    stage, workers = staged()
    async with stage:
        await a_turn(stage)
        old = stage.link
        await stage.down(OFFER)
        await stage.hear(messages.Text("One more thing", "m1"), messages.Dtmf("5"))
        await asyncio.sleep(0.5)
        assert [text.text for text in stage.link.got(wire.Text) if isinstance(text, wire.Text)] == ["One more thing"]
        assert stage.link.got(wire.Dtmf) == [wire.Dtmf("5")]
        assert old.got(wire.Text) == []


@virtual
async def test_a_worker_that_dies_while_another_is_looked_for_is_a_lost_one() -> None:
    stage, workers = staged()
    workers.nowhere = True
    async with stage:
        await a_turn(stage)
        await stage.down(OFFER)
        stage.link.die()
        await asyncio.sleep(1.0)
        assert stage.recorder.events()[0] == "worker_lost"
