"""What today came to, and from each of its numbers to exactly the conversations that it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from channels_io.entries import EventEntry
from channels_io.models import Analysis, Conversation, CostLine, Handoff, Leg, Team
from channels_io.pages.figure_words import FIGURE_LABELS, figure_choices
from channels_io.reads.day_sums import Cause, day_sums
from channels_io.reads.figure_filter import FIGURES, known_figure
from channels_io.reads.inbox import read_inbox
from channels_io.reads.inbox_filters import InboxFilters
from channels_io.reads.today import today
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import Said, make_conversation

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
BARGED = Said("Hm?", "A long answer that is cut in the middle of it.", (300.0,), heard="A long answer that is cut")
TALKED_OVER = Said("I would, er,", "Yes, of course, which day?", (200.0,), heard="Yes,")


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def talk(agent: Agent, *said: Said, hours: float = 2, end: str = "hangup", **values: object) -> Conversation:
    failure = [EventEntry(seq=99, kind="failed", data={"code": "engine_failed"}, at=NOON - timedelta(hours=hours))]
    started = NOON - timedelta(hours=hours)
    made = make_conversation(
        agent,
        exchanges=said or (Said("One?", "One.", (100.0,)),),
        started=started,
        end_reason=end,
        more=failure if end == "failed" else (),
    )
    Leg.objects.filter(conversation=made).update(started_at=started, ended_at=started + timedelta(minutes=2))
    Conversation.objects.filter(pk=made.pk).update(**{"started_at": started, "last_at": started, **values})
    return made


def judge(conversation: Conversation, contained: bool) -> None:
    Analysis.objects.update_or_create(
        conversation=conversation,
        defaults={"workspace": conversation.workspace, "state": "done", "contained": contained},
    )


def hand(conversation: Conversation, after: timedelta | None) -> None:
    asked = conversation.legs.get().started_at
    team, _ = Team.objects.get_or_create(workspace=conversation.workspace, name="Desk")
    row = Handoff.objects.create(
        workspace=conversation.workspace, conversation=conversation, team=team, key=conversation.public_id, due_at=asked,
        state="waiting" if after is None else "returned", taken_at=None if after is None else asked + after,
    )  # fmt: skip
    Handoff.objects.filter(pk=row.pk).update(created_at=asked)


def test_every_number_and_its_conversations(agent: Agent, acme: Workspace, alice: User) -> None:
    solved, booked, failed = talk(agent), talk(agent, outcome="booked"), talk(agent, end="failed", outcome="failed")
    barged, over, late = talk(agent, BARGED), talk(agent, TALKED_OVER), talk(agent, Said("?", "Late.", (900.0,)))
    yesterday = talk(agent, BARGED, hours=13, outcome="booked")
    judge(solved, True)
    judge(booked, False)
    judge(yesterday, True)
    hand(booked, timedelta(seconds=30))
    hand(barged, None)
    CostLine.objects.create(workspace=acme, conversation=solved, component="llm", quantity=1, cost=2_500_000)
    late.turns.filter(number=1, role="agent").update(over_budget=True)
    unanswered = talk(agent)
    unanswered.turns.filter(number=1, role="agent").delete()

    sums = day_sums(acme, NOON)
    assert (sums.judged, sums.contained, sums.contained_share) == (2, 1, 0.5)
    assert dict(sums.outcomes)["booked"] == 1
    assert (sums.handoffs, sums.handoffs_waiting, sums.handoff_seconds) == (2, 1, 30.0)
    spoken = today(acme, NOON)
    assert (spoken.answers, spoken.interrupted, spoken.cut_off) == (6, 2, 1)
    assert (sums.cost, sums.calls_now, sums.calls_most) == (2_500_000, 0, 7)
    assert (sums.legs, sums.failed) == (7, 1)
    assert sums.causes == (Cause("error:engine_failed", "engine_failed", 1), Cause("ended:failed", "failed", 1))

    def behind(figure: str, **more: str) -> set[str]:
        filters = InboxFilters(figure=figure, since=TODAY, until=TODAY, **more)  # type: ignore[arg-type]
        return {row.conversation.public_id for row in read_inbox(actor_for(alice), filters).rows}

    day = {each.public_id for each in (solved, booked, failed, barged, over, late, unanswered)}
    expected = {
        "begun": day,
        "calls": day,
        "spoken": day - {unanswered.public_id},
        "solved": {solved.public_id},
        "unsolved": {booked.public_id},
        "unanswered": {unanswered.public_id},
        "handed": {booked.public_id, barged.public_id},
        "late": {late.public_id},
        "interrupted": {barged.public_id, over.public_id},
        "cut_off": {over.public_id},
        "failed": {failed.public_id},
        "costly": {solved.public_id},
    }
    assert set(expected) == set(FIGURES) == set(FIGURE_LABELS)
    for figure, conversations in expected.items():
        assert behind(figure) == conversations, figure
    assert behind("begun", outcome="booked") == {booked.public_id}
    assert behind("ended:failed") == behind("error:engine_failed") == {failed.public_id}
    assert behind("error:other") == behind("no such figure") == set()
    filters = InboxFilters(figure="interrupted", until=TODAY - timedelta(days=1))
    found = read_inbox(actor_for(alice), filters)
    assert [row.conversation.public_id for row in found.rows] == [yesterday.public_id]


def test_an_empty_day_comes_to_nothing(acme: Workspace) -> None:
    sums = day_sums(acme, NOON)
    assert (sums.contained_share, sums.handoff_seconds, sums.failed_share) == (None,) * 3
    assert today(acme, NOON).interrupted_share is None
    assert (sums.outcomes, sums.causes, sums.cost, sums.calls_most) == ((), (), 0, 0)


def test_tests_and_other_workspaces_are_left_out(agent: Agent, acme: Workspace, globex: Workspace) -> None:
    talk(agent, BARGED, end="failed", test=True)
    sums = day_sums(acme, NOON)
    assert (today(acme, NOON).answers, sums.legs, sums.calls_most, sums.causes) == (0, 0, 0, ())
    talk(agent, BARGED, end="failed")
    assert (day_sums(acme, NOON).failed, day_sums(globex, NOON).failed) == (1, 0)


def test_queries_do_not_grow_with_the_day(agent: Agent, acme: Workspace) -> None:
    counts = []
    for _ in range(2):
        talk(agent, BARGED, end="failed", outcome="failed")
        with CaptureQueriesContext(connection) as queries:
            day_sums(acme, NOON)
        counts.append(len(queries))
    assert counts == [6, 6]


@pytest.mark.parametrize("name", ["begun", "ended:hangup", "error:engine_failed"])
def test_figures_that_are_known(name: str) -> None:
    assert known_figure(name)
    assert name in dict(figure_choices(name))


@pytest.mark.parametrize("name", ["", "ended:", "error:a b", "ended:" + "x" * 61, "other"])
def test_figures_that_are_not(name: str) -> None:
    assert not known_figure(name)
    assert name not in dict(figure_choices(name))
