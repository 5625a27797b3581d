from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from agents.models import Agent
from channels_io.models import Analysis, Contact, Conversation, CostLine, Figures, Handoff, Leg, Turn, TurnSpan
from channels_io.seeding import records
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
    monkeypatch.setattr(records, "BLOCK", 25)


def seed(**options: object) -> str:
    out = StringIO()
    call_command("seedrecords", n=60, days=5, stdout=out, **options)
    return out.getvalue()


def test_conversations_with_all_that_hangs_on_them() -> None:
    assert "60 conversations" in seed()
    workspace = Workspace.objects.get(slug="seeded")
    talks = Conversation.objects.of(workspace)
    assert talks.count() == Leg.objects.of(workspace).count() == 60
    assert Leg.objects.filter(ended_at=None).count() == records.LIVE
    assert talks.filter(status="open").count() >= records.LIVE
    assert Analysis.objects.filter(workspace=workspace).count() > 20
    assert CostLine.objects.filter(workspace=workspace).exists()
    assert not talks.filter(last_words="").exists()
    assert not talks.exclude(created_at=F("started_at")).exists()
    assert not Turn.objects.of(workspace).filter(at__gt=F("conversation__last_at")).exists()
    assert not talks.filter(last_at__gt=timezone.now()).exists()
    for each in Handoff.objects.of(workspace).select_related("conversation"):
        assert each.conversation.started_at < each.created_at <= each.conversation.last_at
        assert (each.taken_at is not None) == (each.state in ("taken", "returned"))
        if each.taken_at is not None:
            assert 4 <= (each.taken_at - each.created_at).total_seconds() <= 150
    assert Contact.objects.of(workspace).count() == 36
    days = Figures.objects.filter(workspace=workspace, unit=Figures.Unit.DAY)
    assert 59 <= sum(row.counts["conversations"] for row in days) <= 60, "the figures of all days, for Analytics"
    for turn in Turn.objects.of(workspace).exclude(v2v_ms=None)[:20]:
        assert turn.v2v_ms is not None
        assert sum(span.ms for span in TurnSpan.objects.filter(turn=turn)) == pytest.approx(turn.v2v_ms)
    for talk in talks[:20]:
        said = list(Turn.objects.filter(conversation=talk).order_by("at"))
        assert talk.last_words == said[-1].text[:200]
        assert [turn.at for turn in said] == sorted(turn.at for turn in said)


def test_more_come_on_top_and_an_owner_is_let_in(alice: User) -> None:
    seed()
    seed(member=alice.email, seed=8)
    assert Conversation.objects.of(Workspace.objects.get(slug="seeded")).count() == 120
    assert alice.workspaces.filter(slug="seeded").exists()


def test_real_conversations_are_not_mixed_with_invented_ones(acme: Workspace) -> None:
    agent: Agent = make_agent(acme)
    publish(agent)
    make_conversation(agent)
    with pytest.raises(CommandError, match="of its own"):
        seed(workspace="acme")
    with pytest.raises(CommandError, match="Nobody signs in"):
        seed(member="nobody@example.com")


def test_the_pages_of_a_seeded_workspace_are_measured() -> None:
    seed()
    out = StringIO()
    call_command("measurepages", n=1, goal=60_000, only="search", stdout=out)
    assert "inbox: search, rare words" in out.getvalue()
    call_command("measurepages", n=1, goal=60_000, only="analytics", stdout=out)
    assert "analytics" in out.getvalue()
    with pytest.raises(CommandError, match="take longer"):
        call_command("measurepages", n=1, goal=0, only="live", stdout=StringIO())
