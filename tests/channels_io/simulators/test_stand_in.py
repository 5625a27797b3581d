"""Simulated numbers for agents: found, made once, and known to the simulator."""

from __future__ import annotations

import pytest

from agents.models import Agent
from channels_io.account_secrets import secrets_of
from channels_io.hooks import hook_url
from channels_io.models import Account, Channel
from channels_io.simulators.stand_in import NothingSimulated, add_channels, find, find_or_make, twilio_of
from channels_io.simulators.texting import refusal
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


def test_without_a_channel_it_says_what_to_do(agent: Agent) -> None:
    with pytest.raises(NothingSimulated, match="--create"):
        find(agent, "call")


def test_one_is_made_once_on_one_simulated_account(agent: Agent) -> None:
    made = find_or_make(agent, "call")
    assert (made.made, made.channel.kind, made.account.simulated) == (True, "twilio_voice", True)
    again = find_or_make(agent, "call")
    assert (again.made, again.channel) == (False, made.channel)
    written = find_or_make(agent, "sms")
    chatted = find_or_make(agent, "whatsapp")
    assert {written.account, chatted.account} == {made.account}
    assert chatted.channel.address.startswith("whatsapp:+1202555")
    assert Account.objects.count() == 1


def test_a_second_agent_gets_a_number_of_its_own(agent: Agent) -> None:
    first = find_or_make(agent, "call")
    other = make_agent(agent.workspace, name="Other")
    publish(other)
    second = find_or_make(other, "call")
    assert second.channel.address != first.channel.address
    assert second.channel.agent == other


def test_a_real_account_is_never_taken_for_a_simulated_one(agent: Agent) -> None:
    made = find_or_make(agent, "call")
    Account.objects.update(simulated=False)
    with pytest.raises(NothingSimulated):
        find(agent, "call")
    Channel.objects.filter(pk=made.channel.pk).update(enabled=False)


def test_the_simulator_has_the_accounts_secrets_numbers_and_webhooks(agent: Agent) -> None:
    voice, text = find_or_make(agent, "call"), find_or_make(agent, "sms")
    assert voice.channel.address == text.channel.address
    twilio = twilio_of(voice.account, port=0)
    assert (twilio.account_sid, twilio.auth_token) == (voice.account.number, secrets_of(voice.account)["auth_token"])
    add_channels(twilio, voice.account)
    [number] = twilio.numbers.values()
    assert number.voice_url == f"{hook_url(voice.channel, 'voice')}#rc=2&rp=ct,rt,5xx"
    assert number.sms_url == f"{hook_url(text.channel, 'message')}#rc=2&rp=ct,rt,5xx"
    assert number.status_callback == hook_url(voice.channel, "status")


@pytest.mark.parametrize(("status", "word"), [(None, "make run"), (403, "signature"), (503, "database"), (418, "418")])
def test_why_a_webhook_took_nothing(status: int | None, word: str) -> None:
    assert word in refusal(status, "http://127.0.0.1/hook")
