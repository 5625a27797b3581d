from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agents.models import Agent
from channels_io.actions.save_channel import create_channel, delete_channel, edit_channel
from channels_io.actions.seed_channels import seed_channels
from channels_io.models import Channel, Leg
from channels_io.widget_settings import WIDGET_KIND, WidgetSettings
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import make_conversation


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def test_a_channel_is_made_and_audited(agent: Agent, bob: User) -> None:
    channel = create_channel(actor_for(bob), kind=WIDGET_KIND, name=" Site ", agent=agent, settings={"title": "x\x00"})
    assert (channel.name, channel.settings, channel.enabled) == ("Site", {"title": "x"}, True)
    assert channel.running == agent.published
    event = AuditEvent.objects.get(verb="channel.created")
    assert (event.target_id, event.data["kind"]) == (channel.public_id, WIDGET_KIND)


def test_viewers_make_no_channels(agent: Agent, vera: User) -> None:
    with pytest.raises(PermissionDenied):
        create_channel(actor_for(vera), kind=WIDGET_KIND, name="Site", agent=agent)


def test_a_pinned_version_stays_while_the_agent_goes_on(agent: Agent, bob: User) -> None:
    first = agent.published
    channel = create_channel(actor_for(bob), kind=WIDGET_KIND, name="Site", agent=agent, version=first)
    publish(agent)
    assert Channel.objects.get(pk=channel.pk).running == first


def refused(problem: ValidationError) -> dict[str, str | None]:
    return {name: errors[0].code for name, errors in problem.error_dict.items()}


def test_what_does_not_fit_together_is_refused(agent: Agent, bob: User, globex: Workspace) -> None:
    actor = actor_for(bob)
    foreign = make_agent(globex)
    other = make_agent(agent.workspace, name="Other")
    publish(other)
    create_channel(actor, kind=WIDGET_KIND, name="Site", agent=agent)
    for fields, expected in (
        ({"agent": foreign, "name": "New"}, {"agent": "agent_foreign"}),
        ({"agent": agent, "name": "New", "version": other.published}, {"version": "version_foreign"}),
        ({"agent": agent, "name": "   "}, {"name": "name_missing"}),
        ({"agent": agent, "name": "Site"}, {"name": "name_taken"}),
    ):
        with pytest.raises(ValidationError) as problem:
            create_channel(actor, kind=WIDGET_KIND, **fields)
        assert refused(problem.value) == expected
    assert Channel.objects.count() == 1


def test_a_channel_is_changed(agent: Agent, bob: User) -> None:
    actor = actor_for(bob)
    channel = create_channel(actor, kind=WIDGET_KIND, name="Site", agent=agent)
    edit_channel(actor, channel, name="Shop", agent=agent, version=None, settings={"title": "Hi"}, enabled=False)
    channel.refresh_from_db()
    assert (channel.name, channel.settings, channel.enabled) == ("Shop", {"title": "Hi"}, False)


def test_deleting_a_channel_keeps_its_conversations(agent: Agent, bob: User) -> None:
    channel = create_channel(actor_for(bob), kind=WIDGET_KIND, name="Site", agent=agent)
    make_conversation(agent, channel=channel)
    delete_channel(actor_for(bob), channel)
    assert Leg.objects.get().channel is None
    assert AuditEvent.objects.filter(verb="channel.deleted").count() == 1


def test_the_demo_channel_is_seeded_once(agent: Agent, acme: Workspace) -> None:
    (channel,) = seed_channels(acme)
    assert WidgetSettings.of(channel.settings).allowed_origins == ()
    assert seed_channels(acme) == []
    assert Channel.objects.count() == 1


def test_without_an_agent_nothing_is_seeded(acme: Workspace) -> None:
    assert seed_channels(acme) == []
