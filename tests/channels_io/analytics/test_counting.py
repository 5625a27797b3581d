"""What an hour and a day come to, from a record as live legs leave it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from agents.models import Agent
from channels_io.analytics.counting import count_figures, keep_figures
from channels_io.analytics.histogram import percentile
from channels_io.analytics.rolling import count_recent, day_of
from channels_io.models import Analysis, Conversation, CostLine, Figures, Handoff, Leg, Team, Turn
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db
HOUR = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def one_of(figures: list[Figures]) -> Figures:
    (row,) = figures
    return row


def test_an_hour_is_counted(agent: Agent, acme: Workspace) -> None:
    talk = make_conversation(agent, started=HOUR + timedelta(minutes=5))
    make_conversation(agent, started=HOUR - timedelta(minutes=30))
    Analysis.objects.update_or_create(
        conversation=talk, defaults={"workspace": acme, "state": "done", "contained": True}
    )
    Conversation.objects.filter(pk=talk.pk).update(outcome="booked")
    CostLine.objects.create(workspace=acme, conversation=talk, component="llm", unit="tokens", quantity=100, cost=250)
    row = one_of(count_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR))
    turns = Turn.objects.filter(conversation=talk)
    spoken = turns.filter(role="agent", number__gt=0, v2v_ms__isnull=False)
    assert (row.begins, row.agent, row.kind) == (HOUR, agent, "browser_voice")
    assert row.version == agent.published
    counts = row.counts
    assert (counts["conversations"], counts["judged"], counts["contained"], counts["outcome:booked"]) == (1, 1, 1, 1)
    assert (counts["legs"], counts["end:hangup"], counts["cost:llm"]) == (1, 1, 250)
    assert counts["heard"] == turns.filter(role="caller").count()
    assert counts["spoken"] == spoken.count() == sum(row.waits.values())
    assert counts["interrupted"] == turns.filter(role="agent", cut=True).count() == 1
    leg = talk.legs.get()
    assert counts["seconds"] == pytest.approx((leg.ended_at - leg.started_at).total_seconds())  # type: ignore[operator]
    assert counts["span:silence"] == pytest.approx(
        sum(span.ms for turn in spoken for span in turn.spans.filter(name="silence"))
    )
    middle = sorted(spoken.values_list("v2v_ms", flat=True))[(spoken.count() - 1) // 2]
    assert percentile(row.waits, 0.5) == pytest.approx(middle, rel=0.03)


def test_tests_of_the_builder_and_other_workspaces_count_nowhere(
    agent: Agent, acme: Workspace, globex: Workspace
) -> None:
    talk = make_conversation(agent, started=HOUR)
    Conversation.objects.filter(pk=talk.pk).update(test=True)
    assert count_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR) == []
    assert count_figures(globex, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR) == []


def test_a_day_is_the_workspace_s_own(agent: Agent, acme: Workspace) -> None:
    acme.timezone = "Europe/Berlin"
    acme.save()
    make_conversation(agent, started=HOUR + timedelta(minutes=5))
    zone = ZoneInfo("Europe/Berlin")
    begin = day_of(HOUR, zone)
    row = one_of(count_figures(acme, Figures.Unit.DAY, begin, begin + timedelta(days=1)))
    assert row.begins == datetime(2026, 11, 21, tzinfo=zone)


def test_hand_offs_are_counted_with_the_time_until_somebody_came(agent: Agent, acme: Workspace) -> None:
    talk = make_conversation(agent, started=HOUR)
    team = Team.objects.create(workspace=acme, name="Desk")
    made = {"workspace": acme, "conversation": talk, "leg": talk.legs.get(), "team": team, "due_at": HOUR + AN_HOUR}
    taken = Handoff.objects.create(key="a", state="taken", taken_at=HOUR + timedelta(seconds=90), **made)
    Handoff.objects.create(key="b", state="expired", **made)
    Handoff.objects.update(created_at=HOUR + timedelta(seconds=60))
    row = one_of(count_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR))
    assert taken.pk
    counts = row.counts
    assert (counts["handoffs"], counts["handoffs:taken"], counts["handoffs:expired"]) == (2, 1, 1)
    assert counts["handoff_seconds"] == 30


def test_counting_again_changes_nothing(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, started=HOUR)
    assert keep_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR) == 1
    before = list(Figures.objects.values("begins", "agent", "version", "kind", "counts", "waits"))
    assert keep_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR) == 1
    assert list(Figures.objects.values("begins", "agent", "version", "kind", "counts", "waits")) == before


def test_what_is_gone_is_counted_no_more(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, started=HOUR)
    keep_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR)
    Leg.objects.all().delete()
    Conversation.objects.all().delete()
    assert keep_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR) == 0


def test_more_conversations_cost_no_more_queries(
    agent: Agent, acme: Workspace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for minute in range(8):
        make_conversation(agent, started=HOUR + timedelta(minutes=minute))
    with django_assert_max_num_queries(12):
        count_figures(acme, Figures.Unit.HOUR, HOUR, HOUR + AN_HOUR)


def test_the_last_hours_are_kept_without_being_asked(agent: Agent, acme: Workspace) -> None:
    make_conversation(agent, started=timezone.now() - timedelta(minutes=30))
    assert count_recent() >= 2
    units = set(Figures.objects.filter(workspace=acme).values_list("unit", flat=True))
    assert units == {"hour", "day"}
