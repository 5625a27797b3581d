from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import DataError, OperationalError

from channels_io import recordings
from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot
from channels_io.live import recorder as module
from channels_io.live.opening import open_leg_for
from channels_io.live.recorder import EVENTS_LIMIT, LegRecorder
from channels_io.models import Conversation, Event, Leg, Turn, TurnState
from inference.events import ConversationState
from parley.accounts.models import Workspace
from tests.channels_io.live.script import tone
from tests.support.agents import make_agent, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leg(acme: Workspace) -> Leg:
    agent = make_agent(acme)
    version = publish(agent)
    return open_leg_for(agent=agent, running=version, kind="browser_voice", media="voice").leg


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_SECONDS", 0.0)
    monkeypatch.setattr(module, "SOUND_SECONDS", 0.01)
    monkeypatch.setattr(module, "FIRST_RETRY", 0.01)


async def rows(query: Callable[[], Any]) -> Any:
    return await database_sync_to_async(query)()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await rows(condition):
            await asyncio.sleep(0.01)


def caller(seq: int, text: str = "Hi") -> CallerTurn:
    return CallerTurn(seq=seq, number=seq, text=text)


async def test_entries_are_written_while_the_leg_runs_and_the_rest_at_its_end(leg: Leg) -> None:
    recorder = LegRecorder(leg, record_sound=False)
    running = asyncio.create_task(recorder.run())
    recorder.put(caller(1))
    await until(lambda: Turn.objects.count() == 1)
    recorder.put(AgentTurn(seq=2, number=1, text="Hello."))
    running.cancel()
    await recorder.finish("hangup")
    assert await rows(lambda: list(Turn.objects.order_by("pk").values_list("role", "text"))) == [
        ("caller", "Hi"),
        ("agent", "Hello."),
    ]
    ended = await rows(lambda: Leg.objects.get())
    assert (ended.end_reason, ended.ended_at is not None) == ("hangup", True)


async def test_entries_wait_for_the_database_and_arrive_in_order(leg: Leg, monkeypatch: pytest.MonkeyPatch) -> None:
    away = 3
    written: list[list[Entry]] = []

    def record(leg: Leg, entries: list[Entry]) -> None:
        nonlocal away
        if away:
            away -= 1
            raise OperationalError("gone")
        written.append(list(entries))

    monkeypatch.setattr(module, "record_entries", record)
    recorder = LegRecorder(leg, record_sound=False)
    running = asyncio.create_task(recorder.run())
    recorder.put(caller(1))
    await asyncio.sleep(0)
    recorder.put(caller(2))
    async with asyncio.timeout(10):
        while sum(len(batch) for batch in written) < 2:
            await asyncio.sleep(0.01)
    running.cancel()
    await recorder.finish("hangup")
    assert [entry.seq for batch in written for entry in batch] == [1, 2]


async def test_an_entry_that_the_database_never_takes_holds_up_no_other(
    leg: Leg, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def record(leg: Leg, entries: list[Entry]) -> None:
        if any(entry.seq == 2 for entry in entries):
            raise DataError("poison")
        written.extend(entry.seq for entry in entries)

    monkeypatch.setattr(module, "record_entries", record)
    recorder = LegRecorder(leg, record_sound=False)
    for seq in (1, 2, 3):
        recorder.put(caller(seq))
    await recorder.finish("hangup")
    assert written == [1, 3]


async def test_finish_ends_its_work_though_its_caller_is_cancelled(leg: Leg) -> None:
    recorder = LegRecorder(leg, record_sound=False)
    recorder.put(caller(1))
    finishing = asyncio.create_task(recorder.finish("shutdown"))
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait([finishing])
    await until(lambda: Leg.objects.get().end_reason == "shutdown")
    assert await rows(Turn.objects.count) == 1


async def test_only_the_newest_state_waits_and_events_are_bounded(leg: Leg) -> None:
    recorder = LegRecorder(leg, record_sound=False)
    for seq in range(1, EVENTS_LIMIT + 11):
        recorder.put(EventEntry(seq=2 * seq, kind="dtmf"))
        recorder.put(StateSnapshot(seq=2 * seq + 1, state=ConversationState(turn=seq)))
    assert recorder.dropped_events == 10
    await recorder.finish("hangup")
    assert await rows(Event.objects.count) == EVENTS_LIMIT
    conversation = await rows(lambda: Leg.objects.select_related("conversation").get().conversation)
    assert conversation.state["turn"] == EVENTS_LIMIT + 10


async def test_both_sides_of_the_sound_lie_where_they_were_heard(leg: Leg) -> None:
    recorder = LegRecorder(leg, record_sound=True)
    running = asyncio.create_task(recorder.run())
    for frame in range(50):
        recorder.caller(tone(20, 16_000, 4000), (frame + 1) * 0.02)
    recorder.agent(tone(500, 24_000, 6000), 1.0)
    recorder.cut(1.25)
    await until(lambda: Leg.objects.get().recording != "")
    await asyncio.sleep(0.05)
    running.cancel()
    await recorder.finish("hangup")
    ended = await rows(lambda: Leg.objects.get())
    assert ended.recording_ms == pytest.approx(1500, abs=30)
    peaks = ended.peaks
    column = 1000 / peaks["step_ms"]
    assert peaks["caller"][int(0.5 * column)] > 20
    assert peaks["caller"][int(1.1 * column)] == 0
    assert peaks["agent"][int(0.5 * column)] == 0
    assert peaks["agent"][int(1.1 * column)] > 30
    assert peaks["agent"][int(1.4 * column)] == 0


async def test_a_full_disk_ends_the_recording_not_the_record(leg: Leg, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recordings.StereoWriter, "caller", full)
    recorder = LegRecorder(leg, record_sound=True)
    running = asyncio.create_task(recorder.run())
    for frame in range(10):
        recorder.caller(tone(20, 16_000), frame * 0.02)
        await asyncio.sleep(0.01)
    recorder.put(caller(1))
    running.cancel()
    await recorder.finish("hangup")
    assert await rows(Turn.objects.count) == 1
    assert (await rows(lambda: Leg.objects.get())).end_reason == "hangup"


async def test_sound_for_a_disk_that_hangs_is_bounded(leg: Leg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOUND_LIMIT", 5)
    recorder = LegRecorder(leg, record_sound=True)
    for frame in range(8):
        recorder.caller(tone(20, 16_000), frame * 0.02)
    assert recorder.dropped_sound == 3


async def test_a_test_keeps_the_state_after_every_turn(leg: Leg) -> None:
    await rows(lambda: Conversation.objects.update(test=True))
    recorder = LegRecorder(leg, record_sound=False, every_state=True)
    for seq, (turn, node) in enumerate([(0, "start"), (1, "book"), (1, "day"), (2, "time")], start=1):
        recorder.put(StateSnapshot(seq=seq, state=ConversationState(turn=turn, node=node)))
    await recorder.finish("hangup")
    kept = await rows(lambda: list(TurnState.objects.order_by("number").values_list("number", "state__node")))
    assert kept == [(0, "start"), (1, "day"), (2, "time")]


async def test_only_tests_keep_them(leg: Leg) -> None:
    recorder = LegRecorder(leg, record_sound=False)
    recorder.put(StateSnapshot(seq=1, state=ConversationState(turn=1)))
    await recorder.finish("hangup")
    assert await rows(TurnState.objects.count) == 0
