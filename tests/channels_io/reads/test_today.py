from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from channels_io.entries import EventEntry
from channels_io.models import Conversation, Leg
from channels_io.reads.today import Problems, Waits, WaitSum, problems, today, waits
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import Said, make_conversation
from tests.support.trials import have, open_trial

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def quick(*waits: float) -> tuple[Said, ...]:
    return tuple(Said("Question?", "Answer.", (wait,), cached=0) for wait in waits)


def test_an_empty_day(acme: Workspace) -> None:
    day = today(acme, NOON)
    assert (day.conversations, day.conversations_before, day.live, day.heard, day.timed) == (0, 0, 0, 0, 0)
    assert (day.p50, day.p95, day.cached_share, day.answered_share) == (None, None, None, None)
    assert len(day.hours) == 24
    assert {(hour.turns, hour.p50) for hour in day.hours} == {(0, None)}
    assert not problems(acme, NOON)


def test_the_figures_of_a_day(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, exchanges=quick(100.0, 200.0), started=NOON - timedelta(hours=3))
    make_conversation(agent, exchanges=quick(300.0, 400.0, 2000.0), started=NOON - timedelta(hours=1))
    make_conversation(agent, exchanges=quick(9000.0), started=NOON - timedelta(hours=26))
    make_conversation(agent, exchanges=quick(9000.0), started=NOON - timedelta(hours=13))
    day = today(acme, NOON)
    assert (day.conversations, day.conversations_before) == (2, 1)
    assert (day.heard, day.answered, day.timed, day.slow) == (5, 5, 5, 1)
    assert (day.p50, day.p95) == (300.0, pytest.approx(1680.0))
    assert day.answered_share == 1.0
    assert [(hour.hour, hour.turns, hour.p50) for hour in day.hours if hour.turns] == [(9, 2, 150.0), (11, 3, 400.0)]


def test_days_begin_at_midnight_of_the_workspace(agent: Agent, acme: Workspace) -> None:
    acme.timezone = "Pacific/Auckland"  # UTC+13 on this day
    acme.save()
    make_conversation(agent, exchanges=quick(100.0), started=NOON - timedelta(hours=2))
    make_conversation(agent, exchanges=quick(100.0), started=NOON - timedelta(minutes=30))
    day = today(acme, NOON)
    assert day.conversations == 1
    assert [hour.hour for hour in day.hours if hour.turns] == [0]
    assert day.hour == 1


def test_tokens_from_cache(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, exchanges=(Said("Q?", "A.", (1.0,), cached=348),), started=NOON - timedelta(hours=1))
    assert today(acme, NOON).cached_share == 360 / 372


def test_a_turn_without_an_answer_counts(agent: Agent, acme: Workspace) -> None:
    conversation = make_conversation(agent, exchanges=quick(100.0, 100.0), started=NOON - timedelta(hours=1))
    conversation.turns.filter(number=2, role="agent").delete()
    assert (today(acme, NOON).heard, today(acme, NOON).answered) == (2, 1)


def test_problems_are_found_and_newest_first(agent: Agent, acme: Workspace) -> None:
    failure = EventEntry(seq=99, kind="failed", data={"code": "engine_failed"}, at=NOON - timedelta(hours=1))
    make_conversation(agent, exchanges=quick(1600.0, 1800.0), started=NOON - timedelta(hours=1), more=[failure])
    make_conversation(agent, exchanges=(), started=NOON - timedelta(hours=2), end_reason="worker_full")
    make_conversation(agent, exchanges=(), started=NOON - timedelta(hours=1), end_reason="worker_lost")
    found = problems(acme, NOON)
    assert [leg.end_reason for leg in found.failed_legs] == ["worker_lost", "worker_full"]
    assert [event.data["code"] for event in found.events] == ["engine_failed"]
    assert [turn.v2v_ms for turn in found.slow_turns] == [1800.0, 1600.0]


def test_other_workspaces_are_not_counted(agent: Agent, globex: Workspace) -> None:
    make_conversation(agent, exchanges=quick(5000.0), started=NOON - timedelta(hours=1), end_reason="failed")
    day = today(globex, NOON)
    assert (day.conversations, day.heard, day.timed) == (0, 0, 0)
    assert problems(globex, NOON) == Problems((), (), ())


def test_live_legs_are_counted(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, end_reason=None)
    make_conversation(agent)
    assert today(acme).live == 1


def test_queries_do_not_grow_with_the_day(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, started=NOON - timedelta(hours=1))
    with CaptureQueriesContext(connection) as few:
        today(acme, NOON)
    for hours in range(1, 6):
        make_conversation(agent, started=NOON - timedelta(hours=hours))
    with CaptureQueriesContext(connection) as many:
        today(acme, NOON)
    assert len(many) == len(few) == 5
    assert (Conversation.objects.count(), Leg.objects.count()) == (6, 6)


def test_the_budget_of_an_empty_day(acme: Workspace) -> None:
    day, spent = today(acme, NOON), waits(acme, NOON)
    assert (day.timed, day.missed, day.fillers, day.guesses_wasted, day.p50, day.kept_share) == (0, 0, 0, 0, None, None)
    assert (spent, spent.longest) == (Waits((), (), ()), None)


def test_the_budget_of_a_day(agent: Agent, acme: Workspace) -> None:
    said = (
        Said("One?", "In time.", (500.0, 20.0)),
        Said("Two?", "Late.", (150.0, 100.0, 450.0), guesses_wasted=2),
        Said("Three?", "Well, later.", (150.0, 50.0, 600.0), filler=True, guesses_wasted=1),
        Said("Four?", "Typed.", (9000.0,), source="text"),
    )
    make_conversation(agent, exchanges=said, started=NOON - timedelta(hours=1))
    make_conversation(agent, exchanges=quick(9000.0), started=NOON - timedelta(hours=13))
    day, spent = today(acme, NOON), waits(acme, NOON)
    assert (day.timed, day.missed, day.kept, day.fillers, day.guesses_wasted) == (3, 2, 1, 1, 3)
    assert (day.p50, day.p95) == (700.0, pytest.approx(790.0))
    assert (day.kept_share, day.missed_share) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert spent.all == (
        WaitSum("first token", 1050.0, 2),
        WaitSum("recognition", 170.0, 3),
        WaitSum("silence", 800.0, 3),
    )
    assert spent.missed == (
        WaitSum("first token", 1050.0, 2),
        WaitSum("recognition", 150.0, 2),
        WaitSum("silence", 300.0, 2),
    )
    assert spent.longest == WaitSum("first token", 1050.0, 2)
    assert [turn.v2v_ms for turn in spent.worst] == [800.0, 700.0]


def test_the_budget_is_one_workspaces_own(agent: Agent, acme: Workspace, globex: Workspace) -> None:
    make_conversation(agent, exchanges=quick(900.0), started=NOON - timedelta(hours=1))
    assert (today(acme, NOON).missed, today(globex, NOON).timed) == (1, 0)
    assert (len(waits(acme, NOON).worst), waits(globex, NOON)) == (1, Waits((), (), ()))


def test_tests_of_the_builder_are_no_figures(agent: Agent, acme: Workspace) -> None:
    have(open_trial(agent).leg, 1, "Hello?", "Yes?")
    tried = make_conversation(agent, exchanges=quick(9000.0), end_reason="failed")
    Conversation.objects.filter(pk=tried.pk).update(test=True)
    day, spent, found = today(acme), waits(acme), problems(acme)
    assert (day.conversations, day.live, day.heard, day.timed, spent.all) == (0, 0, 0, 0, ())
    assert not found
