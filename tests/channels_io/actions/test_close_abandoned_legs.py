from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.utils import timezone

from agents.models import Agent
from channels_io import recordings
from channels_io.actions.close_abandoned_legs import close_abandoned_legs
from channels_io.actions.close_leg import close_leg
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.actions.start_recording import start_recording
from channels_io.entries import CallerTurn
from channels_io.live import heartbeat
from channels_io.models import Conversation, Leg
from channels_io.reads.today import problems
from channels_io.tasks import sweep_legs
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish

LONG_AGO = timedelta(minutes=10)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def begin(agent: Agent, *, silent_for: timedelta = LONG_AGO, **how: Any) -> Leg:
    """A live leg, last heard of that long ago."""
    leg = open_leg(agent=agent, running=agent.published, kind="browser_voice", media="voice", **how)
    seen = timezone.now() - silent_for
    Leg.objects.filter(pk=leg.pk).update(started_at=seen - timedelta(minutes=1), seen_at=seen)
    leg.refresh_from_db()
    return leg


def test_a_leg_without_a_sign_of_life_is_closed_with_its_conversation(agent: Agent) -> None:
    leg = begin(agent)
    record_entries(leg, [CallerTurn(seq=1, number=1, text="Hello?", at=leg.seen_at - timedelta(seconds=5))])
    assert sweep_legs() == 1
    leg.refresh_from_db()
    conversation = Conversation.objects.get()
    assert (leg.end_reason, leg.ended_at) == ("abandoned", leg.seen_at)
    assert (conversation.status, conversation.outcome) == ("closed", "failed")
    assert [found.pk for found in problems(agent.workspace).failed_legs] == [leg.pk]
    assert sweep_legs() == 0


def test_it_ended_no_earlier_than_its_last_words(agent: Agent) -> None:
    leg = begin(agent)
    last = leg.seen_at + timedelta(seconds=12)
    record_entries(leg, [CallerTurn(seq=1, number=1, text="Hello?", at=last)])
    sweep_legs()
    leg.refresh_from_db()
    assert leg.ended_at == last
    assert Conversation.objects.get().last_at >= last


def test_a_live_leg_is_left_alone(agent: Agent, settings: Any) -> None:
    begin(agent, silent_for=timedelta(seconds=100))
    assert sweep_legs() == 0
    settings.PARLEY_ABANDONED_SECONDS = 60
    assert sweep_legs() == 1


def test_the_conversation_goes_on_while_another_leg_lives(agent: Agent) -> None:
    dead = begin(agent)
    alive = begin(agent, silent_for=timedelta(0), conversation=dead.conversation)
    assert close_abandoned_legs() == 1
    assert Conversation.objects.get().status == "open"
    close_leg(alive, "hangup")
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.outcome) == ("closed", "silent")


def test_the_recording_of_a_killed_process_is_finished(agent: Agent) -> None:
    leg = begin(agent)
    writer = start_recording(leg)
    assert writer is not None
    writer.caller(np.full(recordings.RATE * 6, 8192, dtype=np.int16), 0)
    sweep_legs()
    leg.refresh_from_db()
    assert leg.recording_ms == 4000
    writer.close()


def test_a_recording_on_another_machine_is_not_forgotten(agent: Agent) -> None:
    leg = begin(agent)
    Leg.objects.filter(pk=leg.pk).update(recording="ws_x/elsewhere.wav")
    sweep_legs()
    leg.refresh_from_db()
    assert (leg.end_reason, leg.recording) == ("abandoned", "ws_x/elsewhere.wav")


def test_a_process_that_was_only_cut_off_tells_the_true_end(agent: Agent) -> None:
    leg = begin(agent)
    record_entries(leg, [CallerTurn(seq=1, number=1, text="Hello?")])
    sweep_legs()
    assert close_leg(leg, "hangup") is True
    assert close_leg(leg, "failed") is False
    leg.refresh_from_db()
    assert leg.end_reason == "hangup"
    assert Conversation.objects.get().outcome == "completed"


@pytest.mark.django_db(transaction=True)
async def test_a_running_leg_says_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    leg = await database_sync_to_async(begin_race)()
    living = asyncio.create_task(heartbeat.keep_alive(leg))
    async with asyncio.timeout(10):
        while await database_sync_to_async(lambda: Leg.objects.get().seen_at)() == leg.seen_at:
            await asyncio.sleep(0.01)
    living.cancel()
    assert await database_sync_to_async(close_abandoned_legs)() == 0


def begin_race() -> Leg:
    agent = make_agent(Workspace.objects.create(name="Race", slug="race"))
    publish(agent)
    return begin(agent)


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_close_a_leg_once() -> None:
    agent = begin_race().conversation.agent
    for _ in range(9):
        begin(agent)
    together = threading.Barrier(2)

    def sweep() -> int:
        try:
            together.wait()
            return close_abandoned_legs()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        closed = [done.result() for done in [pool.submit(sweep) for _ in range(2)]]
    assert sum(closed) == 10
    assert not Leg.objects.filter(ended_at=None).exists()
