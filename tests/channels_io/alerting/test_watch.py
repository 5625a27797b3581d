"""A rule tells once that a figure left its bounds, and once that it is back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from agents.models import Agent
from channels_io.actions.save_alert_rule import RuleWishes, save_alert_rule
from channels_io.alerting.metrics import METRICS, measured
from channels_io.alerting.watch import watch_rules
from channels_io.models import Alert, AlertRule, Conversation, Leg, Turn
from parley.accounts.actor import Actor, system_actor
from parley.accounts.models import Role, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def waiting(agent: Agent, seconds: int) -> Conversation:
    talk = make_conversation(agent)
    Conversation.objects.filter(pk=talk.pk).update(waits_since=timezone.now() - timedelta(seconds=seconds))
    return talk


def rule_of(
    acme: Workspace, metric: str, limit: float, *, emails: tuple[str, ...] = (), below: bool = False
) -> AlertRule:
    wishes = RuleWishes(name="Watch", metric=metric, limit=limit, emails=emails, below=below)
    return save_alert_rule(system_actor(acme), None, wishes)


def test_it_tells_when_it_begins_and_when_it_is_over_and_not_in_between(
    agent: Agent, acme: Workspace, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    rule_of(acme, "waiting_seconds", 60.0, emails=("ada@acme.example",))
    talk = waiting(agent, 90)
    with django_capture_on_commit_callbacks(execute=True):
        assert watch_rules() == 1
        assert watch_rules() == 0
    (alert,) = Alert.objects.filter(kind="threshold")
    assert "above 60 s" in alert.text
    assert [message.to for message in mail.outbox] == [["ada@acme.example"]]
    Conversation.objects.filter(pk=talk.pk).update(waits_since=None)
    with django_capture_on_commit_callbacks(execute=True):
        assert watch_rules() == 1
        assert watch_rules() == 0
    assert mail.outbox[1].subject.startswith("[Parley] Over: ")
    assert Alert.objects.filter(kind="threshold").count() == 1


def test_too_few_calls_say_nothing(agent: Agent, acme: Workspace) -> None:
    rule = rule_of(acme, "failed_share", 10.0)
    talks = [make_conversation(agent) for _ in range(4)]
    Leg.objects.filter(conversation__in=talks).update(end_reason="failed", ended_at=timezone.now())
    assert watch_rules() == 0
    rule.refresh_from_db()
    assert (rule.value, rule.looked_at is not None) == (None, True)
    more = make_conversation(agent)
    Leg.objects.filter(conversation=more).update(ended_at=timezone.now())
    assert watch_rules() == 1
    rule.refresh_from_db()
    assert rule.value == 80.0


def test_every_metric_answers_with_and_without_an_agent(agent: Agent, acme: Workspace) -> None:
    for _ in range(3):
        make_conversation(agent)
    Turn.objects.update(at=timezone.now())
    for name in METRICS:
        for whose in (None, agent):
            value = measured(name, acme, timezone.now(), 15, whose)
            assert value is None or value >= 0
    assert (measured("p95_ms", acme, timezone.now(), 15, agent) or 0) > 300


def test_the_page_makes_changes_and_removes_rules(client: Client, alice: User, acme: Workspace) -> None:
    client.force_login(alice)
    wish = {
        "name": "Slow",
        "metric": "p95_ms",
        "side": "above",
        "limit": "900",
        "minutes": "15",
        "emails": "a@b.ie, c@d.ie",
        "enabled": "on",
    }
    assert client.post("/spending/alerts/rules/", wish).status_code == 302
    rule = AlertRule.objects.get()
    assert (rule.metric, rule.limit, rule.emails) == ("p95_ms", 900.0, ["a@b.ie", "c@d.ie"])
    assert "Slow" in client.get("/spending/alerts/rules/").content.decode()
    assert client.get(f"/spending/alerts/rules/{rule.public_id}/").status_code == 200
    assert client.post("/spending/alerts/rules/", {**wish, "emails": "nobody"}).status_code == 400
    assert client.post(f"/spending/alerts/rules/{rule.public_id}/delete/").status_code == 302
    assert not AlertRule.objects.exists()


def test_who_may_not_manage_makes_no_rules(acme: Workspace) -> None:
    with pytest.raises(PermissionDenied):
        save_alert_rule(Actor(acme, role=Role.OPERATOR), None, RuleWishes(name="x", metric="p95_ms", limit=1.0))
    with pytest.raises(ValidationError):
        save_alert_rule(system_actor(acme), None, RuleWishes(name="x", metric="mood", limit=1.0))
