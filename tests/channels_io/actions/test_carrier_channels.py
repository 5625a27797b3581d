"""Channels of carriers: their number, their account, their settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from agents.models import Agent
from channels_io.actions.save_account import create_account
from channels_io.actions.save_channel import create_channel, edit_channel
from channels_io.call_settings import CallSettings
from channels_io.models import Account, Channel, MessageTemplate
from parley.accounts.actor import system_actor
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for

NUMBER = "+353 86 123 4567"


def account_of(workspace: Workspace, provider: str = "twilio", name: str = "Twilio") -> Account:
    return create_account(system_actor(workspace), provider=provider, name=name, secrets={}, simulated=True)


@pytest.fixture
def account(acme: Workspace) -> Account:
    return account_of(acme)


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


def line(bob: User, agent: Agent, account: Account | None, **more: Any) -> Channel:
    given = {"kind": "twilio_voice", "name": "Line", "address": NUMBER, **more}
    return create_channel(actor_for(bob), agent=agent, account=account, **given)


def codes(refused: ValidationError) -> dict[str, str | None]:
    return {name: errors[0].code for name, errors in refused.error_dict.items()}


def test_a_line_is_made(bob: User, agent: Agent, account: Account) -> None:
    channel = line(bob, agent, account)
    assert (channel.address, channel.account, channel.enabled) == ("+353861234567", account, True)
    assert channel.settings == CallSettings().as_json()


@pytest.mark.parametrize(
    ("kind", "address", "expected"),
    [
        ("twilio_messaging", "+353 86 123 4567", "+353861234567"),
        ("twilio_messaging", " WhatsApp: +353 86 123 4567", "whatsapp:+353861234567"),
        ("whatsapp_cloud", " 106540352242922 ", "106540352242922"),
    ],
)
def test_addresses_are_kept_in_one_form(
    acme: Workspace, bob: User, agent: Agent, kind: str, address: str, expected: str
) -> None:
    account = account_of(acme, "meta" if kind == "whatsapp_cloud" else "twilio")
    assert line(bob, agent, account, kind=kind, address=address).address == expected


def test_what_does_not_fit_is_refused(
    acme: Workspace, globex: Workspace, bob: User, agent: Agent, account: Account
) -> None:
    meta, foreign = account_of(acme, "meta", "Meta"), account_of(globex)
    other = publish(make_agent(acme, name="Other"))
    split = [{"version": other.public_id, "weight": 1}]
    for given, expected in (
        ({"account": None}, {"account": "account_missing"}),
        ({"account": foreign}, {"account": "account_foreign"}),
        ({"account": meta}, {"account": "account_foreign"}),
        ({"kind": "web_widget"}, {"account": "account_foreign"}),
        ({"kind": "browser_voice"}, {"account": "account_foreign"}),
        ({"address": ""}, {"address": "number_invalid"}),
        ({"address": "086 123 4567"}, {"address": "number_invalid"}),
        ({"kind": "whatsapp_cloud", "account": meta}, {"address": "number_invalid"}),
        ({"settings": {"call_minutes": 0}}, {"call_minutes": "setting_invalid"}),
        ({"settings": {"hours": {"zone": "Nowhere", "days": {}}}}, {"hours": "hours_invalid"}),
        ({"settings": {"people": {"Desk": "086"}}}, {"people": "number_invalid"}),
        ({"settings": {"split": split}}, {"split": "version_foreign"}),
    ):
        with pytest.raises(ValidationError) as refused:
            line(bob, agent, **{"account": account, **given})
        assert codes(refused.value) == expected, given
    with pytest.raises(ValidationError) as refused:
        line(bob, agent, account, settings={"colour": "red"})
    assert refused.value.code == "setting_unknown"
    assert not Channel.objects.exists()


def test_a_number_leads_to_one_channel_of_a_kind(acme: Workspace, bob: User, agent: Agent, account: Account) -> None:
    line(bob, agent, account)
    with pytest.raises(ValidationError) as refused:
        line(bob, agent, account, name="Second", address="+353861234567")
    assert codes(refused.value) == {"address": "number_taken"}
    # The same number takes messages too, in another channel; and WhatsApp in a third.
    line(bob, agent, account, name="Texts", kind="twilio_messaging")
    line(bob, agent, account, name="WhatsApp", kind="twilio_messaging", address=f"whatsapp:{NUMBER}")
    # Over another account of the workspace it is still the same number.
    with pytest.raises(ValidationError) as refused:
        line(bob, agent, account_of(acme, name="Second account"), name="Third")
    assert codes(refused.value) == {"address": "number_taken"}


def test_the_same_number_elsewhere_is_nobodys_business(
    bob: User, charlie: User, agent: Agent, account: Account, globex: Workspace
) -> None:
    line(bob, agent, account)
    other = make_agent(globex)
    made = create_channel(
        actor_for(charlie), kind="twilio_voice", name="Line", agent=other, account=account_of(globex), address=NUMBER
    )
    assert made.address == "+353861234567"


def test_an_edit_keeps_the_number_and_can_change_it(bob: User, agent: Agent, account: Account) -> None:
    channel = line(bob, agent, account, settings={"call_minutes": 5})
    common = {"name": "Desk", "agent": agent, "version": None, "settings": channel.settings, "enabled": False}
    edit_channel(actor_for(bob), channel, **common)
    channel.refresh_from_db()
    assert (channel.name, channel.address, channel.account) == ("Desk", "+353861234567", account)
    assert channel.settings["call_minutes"] == 5
    edit_channel(actor_for(bob), channel, **common, address="+1 555 010 0000")
    channel.refresh_from_db()
    assert channel.address == "+15550100000"


def test_a_split_is_kept_beside_the_settings(bob: User, agent: Agent, account: Account) -> None:
    assert agent.published is not None
    split = [{"version": agent.published.public_id, "weight": 3}, {"version": "live", "weight": 1}]
    channel = line(bob, agent, account, settings={"split": split})
    assert channel.settings == {**CallSettings().as_json(), "split": split}


def test_one_default_for_each_way_of_writing(acme: Workspace, bob: User, agent: Agent, account: Account) -> None:
    wish = {"settings": {"default": True}, "kind": "twilio_messaging"}
    sms = line(bob, agent, account, name="SMS", **wish)
    whatsapp = line(bob, agent, account, name="WhatsApp", address=f"whatsapp:{NUMBER}", **wish)
    second = line(bob, agent, account, name="SMS 2", **{**wish, "address": "+15550100000"})
    for channel, default in ((sms, False), (whatsapp, True), (second, True)):
        channel.refresh_from_db()
        assert channel.settings["default"] is default, channel.name


def test_only_a_template_of_the_account_can_stand_in(
    acme: Workspace, bob: User, agent: Agent, account: Account
) -> None:
    other = account_of(acme, name="Other")
    foreign, own = (
        MessageTemplate.objects.create(workspace=acme, account=whose, reference="HX1", name="reminder")
        for whose in (other, account)
    )
    wish = {"kind": "twilio_messaging", "address": f"whatsapp:{NUMBER}"}
    with pytest.raises(ValidationError) as refused:
        line(bob, agent, account, **wish, settings={"template": foreign.public_id})
    assert codes(refused.value) == {"template": "template_foreign"}
    assert line(bob, agent, account, **wish, settings={"template": own.public_id}).settings["template"] == own.public_id
