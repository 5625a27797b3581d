"""The analytics page: what it sums up, what it is compared with, and where its numbers lead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from agents.models import Agent
from channels_io.analytics.rolling import count_workspace
from channels_io.models import Leg
from channels_io.pages.analytics_charts import Point, draw
from channels_io.reads.analytics import Narrowed, most_at_once, range_of, read_report
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def counted(acme: Workspace, days: int = 30) -> None:
    count_workspace(acme, timezone.now(), days=days)


def test_without_anything_it_says_so(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Nothing happened in this time" in client.get("/analytics/").content.decode()


def test_every_range_and_filter_is_shown(client: Client, alice: User, agent: Agent, acme: Workspace) -> None:
    client.force_login(alice)
    make_conversation(agent, started=timezone.now() - timedelta(minutes=20))
    counted(acme)
    for query in (
        "",
        "range=today",
        "range=30",
        "range=90",
        f"agent={agent.public_id}",
        "kind=browser_voice",
        "range=x",
    ):
        response = client.get(f"/analytics/?{query}")
        assert response.status_code == 200
        page = response.content.decode()
        assert agent.name in page
        assert f"/inbox/?tab=all&amp;agent={agent.public_id}" in page or "agent=" not in query
    assert "Nothing happened" in client.get("/analytics/?kind=api").content.decode()


def test_a_week_is_compared_with_the_week_before(agent: Agent, acme: Workspace) -> None:
    now = timezone.now()
    for days in (1, 2, 9):
        make_conversation(agent, started=now - timedelta(days=days))
    counted(acme)
    report = read_report(acme, range_of("7", acme, now), Narrowed())
    assert (report.total.conversations, report.before.conversations) == (2, 1)
    assert len(report.series) == 7
    assert sum(sums.conversations for _at, sums in report.series) == 2
    assert report.total.answered == 1.0


def test_two_versions_stand_side_by_side(client: Client, alice: User, agent: Agent, acme: Workspace) -> None:
    client.force_login(alice)
    make_conversation(agent, started=timezone.now() - timedelta(hours=3))
    first = agent.published
    agent.draft.greeting = "Good day."
    agent.draft.save()
    second = publish(agent)
    agent.refresh_from_db()
    make_conversation(agent, started=timezone.now() - timedelta(hours=2))
    counted(acme)
    assert first is not None
    url = f"/analytics/?agent={agent.public_id}&compare={first.public_id}&compare={second.public_id}"
    page = client.get(url).content.decode()
    assert "fewer than 30 conversations" in page
    assert f"Version {first.number}" in page
    assert f"Version {second.number}" in page


def test_calls_that_overlap_are_counted_at_once(agent: Agent, acme: Workspace) -> None:
    now = timezone.now()
    start = now - timedelta(hours=2)
    for begin, end in ((0, 10), (5, 15), (9, 20), (20, 30)):
        leg = make_conversation(agent, started=start).legs.get()
        Leg.objects.filter(pk=leg.pk).update(
            started_at=start + timedelta(minutes=begin), ended_at=start + timedelta(minutes=end)
        )
    span = range_of("7", acme, now)
    assert most_at_once(acme, span, Narrowed()) == 3
    assert most_at_once(acme, span, Narrowed(kind="twilio_voice")) == 0
    assert most_at_once(acme, span, Narrowed(agent=agent.public_id)) == 3


def test_calls_over_midnight_and_days_that_are_over(
    agent: Agent, acme: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = datetime(2026, 5, 6, 12, tzinfo=UTC)
    midnight = datetime(2026, 5, 6, tzinfo=UTC)

    def call(begin: int, end: int) -> None:
        """Minutes after midnight."""
        leg = make_conversation(agent, started=midnight).legs.get()
        times = {"started_at": midnight + timedelta(minutes=begin), "ended_at": midnight + timedelta(minutes=end)}
        Leg.objects.filter(pk=leg.pk).update(**times)

    span = range_of("7", acme, now)
    call(-20, 5)
    call(2, 9)
    assert most_at_once(acme, span, Narrowed()) == 2
    for _ in range(2):
        call(4, 20)
    with django_assert_num_queries(1):
        assert most_at_once(acme, span, Narrowed()) == 4, "one of them began yesterday, which is not counted again"
    assert most_at_once(acme, range_of("today", acme, now), Narrowed()) == 3, "of the calls that began then"


def test_a_column_says_what_it_holds_and_leads_there() -> None:
    points = [Point("1 May", "/inbox/?a=1&b=2", 3.0, None, "1 May: <3>"), Point("2 May", "/", None, 6.0, "2 May")]
    chart = draw(points, line=5.3)
    assert (chart.width, chart.first, chart.last) == (24, "1 May", "2 May")
    first, second = chart.columns.split("</a>")[:2]
    assert 'href="/inbox/?a=1&amp;b=2"' in first
    assert "<title>1 May: &lt;3&gt;</title>" in first
    assert "an-mark" not in first
    assert 'class="an-mark" x="14" y="6.79"' in second
    assert 'y="120.0" width="8" height="0.0"' in second
    assert chart.line_y == pytest.approx(120 - 5.3 / 6.36 * 120, abs=0.01)


def test_more_days_cost_no_more_queries(
    client: Client, alice: User, agent: Agent, acme: Workspace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(alice)
    for days in range(6):
        make_conversation(agent, started=timezone.now() - timedelta(days=days))
    counted(acme, days=90)
    with django_assert_max_num_queries(24):
        assert client.get("/analytics/?range=90").status_code == 200
