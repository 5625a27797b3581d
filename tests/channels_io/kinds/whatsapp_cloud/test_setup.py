"""Setting a WhatsApp number up at Meta, played by the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from channels_io.account_secrets import set_secrets
from channels_io.hooks import hook_url
from channels_io.models import Channel, InboundEvent
from channels_io.reads.channel_checks import run_all
from channels_io.registry import setup_of
from channels_io.setting_up import Found, SetUp, SetUpFailed
from channels_io.simulators.meta import MetaSimulator
from channels_io.simulators.meta.simulator import PATH
from parley.accounts.models import Workspace
from tests.support.in_thread import in_thread
from tests.support.messaging_lines import meta_line

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running() -> Iterator[MetaSimulator]:
    with in_thread(MetaSimulator()) as (meta, _run):
        yield meta


@pytest.fixture
def meta(running: MetaSimulator, settings: Any) -> MetaSimulator:
    settings.PARLEY_SIMULATOR_URL = running.base_url.removesuffix(PATH)
    running.graph.subscribed, running.graph.webhook = False, ""
    running.faults.token_expired = False
    return running


@pytest.fixture
def channel(acme: Workspace, meta: MetaSimulator) -> Channel:
    made, _identity = meta_line(acme, meta.identity)
    return made


def set_up(channel: Channel) -> SetUp:
    assert channel.account is not None
    return setup_of(channel.kind, channel.account)


def check(channel: Channel, name: str) -> Found:
    return next(one for one in set_up(channel).checks(channel) if one.name == name).run()


def test_it_signs_in_and_lists_numbers(channel: Channel, meta: MetaSimulator) -> None:
    assert set_up(channel).sign_in()
    (number,) = set_up(channel).numbers()
    assert (number.address, number.detail, number.usable) == (meta.identity.phone_number_id, "Simulated business", True)
    assert check(channel, "number").verdict == "good"


def test_an_app_secret_of_another_app_is_found_out(channel: Channel) -> None:
    assert channel.account is not None
    set_secrets(channel.account, {"app_secret": "0" * 32})
    with pytest.raises(SetUpFailed) as failed:
        set_up(channel).sign_in()
    assert failed.value.code == "credentials"
    assert failed.value.advice.startswith("The app secret belongs to another app")


def test_an_expired_token_is_told(channel: Channel, meta: MetaSimulator) -> None:
    meta.faults.token_expired = True
    with pytest.raises(SetUpFailed) as failed:
        set_up(channel).sign_in()
    assert "Session has expired" in failed.value.message
    assert "permanent token" in failed.value.advice


def test_a_wrong_account_id_and_a_wrong_number_id(channel: Channel, meta: MetaSimulator) -> None:
    channel.address = "11111111111"
    found = check(channel, "number")
    assert (found.verdict, meta.identity.phone_number_id in found.advice) == ("bad", True)
    assert channel.account is not None
    channel.account.number = "22222222222"
    with pytest.raises(SetUpFailed) as failed:
        set_up(channel).sign_in()
    assert failed.value.code == "not_found"


def test_what_is_missing_at_meta_is_told(channel: Channel, meta: MetaSimulator) -> None:
    assert "No app is subscribed" in check(channel, "subscription").text
    assert check(channel, "webhook").verdict == "warn"
    meta.graph.webhook = "https://elsewhere.example/hook"
    assert "https://elsewhere.example/hook" in check(channel, "webhook").text


def test_what_is_pasted(channel: Channel, meta: MetaSimulator) -> None:
    pasted = [webhook.value for webhook in set_up(channel).webhooks(channel)]
    assert pasted == [hook_url(channel, "webhook"), meta.identity.verify_token, "messages"]


@pytest.mark.django_db(transaction=True)
def test_all_of_it_over_real_sockets(channel: Channel, live_server: Any, settings: Any) -> None:
    """Meta asks this process for its handshake before it takes the address."""
    settings.PARLEY_PUBLIC_URL = live_server.url
    assert "got it" in set_up(channel).configure(channel)
    results = {one.name: found.verdict for one, found in run_all(channel) if one.name not in ("worker", "agent")}
    assert results == dict.fromkeys(
        ("public_url", "credentials", "number", "handshake", "signature", "subscription", "webhook", "spending"), "good"
    )
    assert not InboundEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_meta_does_not_take_an_address_that_does_not_answer(channel: Channel, live_server: Any, settings: Any) -> None:
    settings.PARLEY_PUBLIC_URL = live_server.url
    channel.enabled = False
    channel.save()
    with pytest.raises(SetUpFailed, match="could not be validated"):
        set_up(channel).configure(channel)
    assert check(channel, "handshake").verdict == "bad"
    assert check(channel, "signature").verdict == "bad"
