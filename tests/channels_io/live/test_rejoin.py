"""A call never changes its version in mid-flight; whoever calls again gets the one that is live."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent, Version
from channels_io.live.opening import open_ticket
from channels_io.live.rejoin import REJOIN_SECONDS
from channels_io.models import Leg
from channels_io.tickets import Ticket
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def call(agent: Agent, conversation: str = "", version: str = "published") -> Leg:
    ticket = Ticket(
        workspace=agent.workspace.public_id,
        kind="browser_voice",
        agent=agent.public_id,
        identity=("visitor", "v_1"),
        conversation=conversation,
        version=version,
    )
    return open_ticket(ticket, "voice").leg


def ended(leg: Leg, reason: str, seconds_ago: float = 5) -> None:
    leg.end_reason = reason
    leg.ended_at = timezone.now() - timedelta(seconds=seconds_ago)
    leg.save()


def rejoined(agent: Agent, reason: str, seconds_ago: float = 5) -> tuple[Version, Leg]:
    """(what ran first, the leg after a new version was published)"""
    first = call(agent)
    ended(first, reason, seconds_ago)
    assert first.version is not None
    publish(agent)
    return first.version, call(agent, first.conversation.public_id)


@pytest.mark.parametrize("reason", ["lost", "replaced", "worker_lost", "shutdown"])
def test_who_was_cut_off_goes_on_with_the_same_version(agent: Agent, reason: str) -> None:
    before, leg = rejoined(agent, reason)
    assert (leg.version, before.number) == (before, 1)


@pytest.mark.parametrize("reason", ["hangup", "agent_ended", "silence"])
def test_who_had_ended_it_gets_the_live_one(agent: Agent, reason: str) -> None:
    assert rejoined(agent, reason)[1].version == agent.published


def test_who_comes_back_later_gets_the_live_one(agent: Agent) -> None:
    assert rejoined(agent, "lost", REJOIN_SECONDS + 1)[1].version == agent.published


def test_a_leg_that_has_not_noticed_yet(agent: Agent) -> None:
    first = call(agent)
    publish(agent)
    assert call(agent, first.conversation.public_id).version == first.version


def test_a_version_asked_for_is_a_version_given(agent: Agent) -> None:
    first = call(agent)
    wanted = publish(agent)
    assert call(agent, first.conversation.public_id, wanted.public_id).version == wanted
