from __future__ import annotations

import pytest

from agents.models import Agent
from channels_io.models import Account, Channel
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish


@pytest.fixture
def dublin(acme: Workspace) -> Workspace:
    acme.timezone = "Europe/Dublin"
    acme.save()
    return acme


@pytest.fixture
def agent(dublin: Workspace) -> Agent:
    made = make_agent(dublin)
    publish(made)
    return made


@pytest.fixture
def account(dublin: Workspace) -> Account:
    return Account.objects.create(workspace=dublin, provider="twilio", name="Twilio", number="AC1")


@pytest.fixture
def channel(agent: Agent, account: Account) -> Channel:
    return Channel.objects.create(
        workspace=agent.workspace,
        kind="twilio_voice",
        name="Phone",
        agent=agent,
        account=account,
        address="+35312345678",
    )
