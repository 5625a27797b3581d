"""Setting a telephone number up at Twilio, played by the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from channels_io.account_secrets import set_secrets
from channels_io.hooks import hook_url
from channels_io.models import Channel, PhoneCall
from channels_io.reads.channel_checks import run_all
from channels_io.registry import setup_of, setup_of_account
from channels_io.setting_up import Found, SetUp, SetUpFailed
from channels_io.simulators.twilio import TwilioSimulator
from parley.accounts.models import Workspace
from tests.support.in_thread import in_thread
from tests.support.telephone import NUMBER, telephone

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running() -> Iterator[TwilioSimulator]:
    with in_thread(TwilioSimulator()) as (twilio, _run):
        yield twilio


@pytest.fixture
def twilio(running: TwilioSimulator, settings: Any) -> TwilioSimulator:
    settings.PARLEY_SIMULATOR_URL = running.url
    running.numbers.clear()
    running.add_number(NUMBER, name="Front desk")
    return running


@pytest.fixture
def channel(acme: Workspace, twilio: TwilioSimulator) -> Channel:
    made = telephone(acme, account=twilio.account_sid)
    assert made.account is not None
    set_secrets(made.account, {"auth_token": twilio.auth_token})
    made.account.save()
    return made


def set_up(channel: Channel) -> SetUp:
    assert channel.account is not None
    return setup_of(channel.kind, channel.account)


def check(channel: Channel, name: str) -> Found:
    return next(one for one in set_up(channel).checks(channel) if one.name == name).run()


def test_it_signs_in(channel: Channel, twilio: TwilioSimulator) -> None:
    assert channel.account is not None
    assert setup_of_account(channel.account).sign_in() == twilio.world.name


@pytest.mark.parametrize(
    ("secrets", "advice"),
    [
        ({"auth_token": "0" * 32}, "Copy the account SID and the auth token again"),
        ({"api_key": "SK" + "0" * 32, "api_secret": "0" * 32}, "The API key and its secret do not belong"),
    ],
)
def test_wrong_secrets_are_told_with_twilios_words(channel: Channel, secrets: dict[str, str], advice: str) -> None:
    assert channel.account is not None
    set_secrets(channel.account, secrets)
    with pytest.raises(SetUpFailed) as failed:
        set_up(channel).sign_in()
    assert failed.value.code == "credentials"
    assert "status 401, 20003" in failed.value.message
    assert failed.value.advice.startswith(advice)
    for secret in secrets.values():
        assert secret not in failed.value.message


def test_a_closed_account_is_told(channel: Channel, twilio: TwilioSimulator) -> None:
    twilio.world.account_status = "suspended"
    try:
        with pytest.raises(SetUpFailed, match="this account is suspended"):
            set_up(channel).sign_in()
    finally:
        twilio.world.account_status = "active"


def test_no_carrier_is_no_crash(channel: Channel, settings: Any) -> None:
    settings.PARLEY_SIMULATOR_URL = "http://127.0.0.1:9"
    with pytest.raises(SetUpFailed) as failed:
        set_up(channel).numbers()
    assert failed.value.code == "unreachable"
    settings.PARLEY_SIMULATORS = False
    with pytest.raises(SetUpFailed) as failed:
        set_up(channel).numbers()
    assert failed.value.code == "simulators_off"


def test_numbers_of_the_account(channel: Channel, twilio: TwilioSimulator) -> None:
    twilio.add_number("whatsapp:+15550100009")
    (number,) = set_up(channel).numbers()
    assert (number.address, number.detail, number.usable) == (NUMBER, "Front desk", True)


def test_webhooks_are_set_and_recognised(channel: Channel, twilio: TwilioSimulator) -> None:
    number = twilio.numbers[NUMBER]
    assert check(channel, "webhook").text == "Nothing is entered at Twilio for incoming calls."
    number.voice_url = "https://elsewhere.example/voice"
    assert "https://elsewhere.example/voice" in check(channel, "webhook").text
    number.voice_application_sid = "AP1"
    assert "TwiML application" in check(channel, "webhook").text
    assert "Twilio now sends calls" in set_up(channel).configure(channel)
    assert number.voice_url == hook_url(channel, "voice") + "#rc=2&rp=ct,rt,5xx"
    assert number.voice_fallback_url == hook_url(channel, "fallback") + "#rc=2&rp=ct,rt,5xx"
    assert number.status_callback == hook_url(channel, "status")
    assert number.voice_application_sid == ""
    assert check(channel, "webhook").verdict == "good"
    # What is pasted at Twilio is what is set for you.
    pasted = [webhook.value for webhook in set_up(channel).webhooks(channel)]
    assert pasted == [number.voice_url, number.voice_fallback_url, number.status_callback]
    number.status_callback = ""
    assert check(channel, "webhook").verdict == "warn"
    number.voice_url = hook_url(channel, "voice")
    assert "without its end" in check(channel, "webhook").text


def test_a_number_on_a_trunk_or_of_somebody_else(channel: Channel, twilio: TwilioSimulator) -> None:
    twilio.numbers[NUMBER].trunk_sid = "TK1"
    assert "SIP trunk" in check(channel, "webhook").text
    with pytest.raises(SetUpFailed, match="SIP trunk"):
        set_up(channel).configure(channel)
    twilio.numbers.clear()
    with pytest.raises(SetUpFailed) as failed:
        check(channel, "number")
    assert failed.value.code == "not_found"


@pytest.mark.django_db(transaction=True)
def test_all_of_it_over_real_sockets(
    channel: Channel, twilio: TwilioSimulator, live_server: Any, settings: Any
) -> None:
    """The signature test calls this process as Twilio would, through the public URL."""
    settings.PARLEY_PUBLIC_URL = live_server.url
    set_up(channel).configure(channel)
    results = {one.name: found for one, found in run_all(channel)}
    verdicts = {name: found.verdict for name, found in results.items() if name != "worker"}
    assert verdicts == dict.fromkeys(
        ("public_url", "credentials", "number", "webhook", "signature", "agent", "spending"), "good"
    )
    assert results["signature"].text.endswith("Forged: refused.")
    # No worker runs here, and it says so.
    assert (results["worker"].verdict, results["worker"].text) == ("bad", "No speech worker answers.")
    assert not PhoneCall.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_proxy_that_changes_the_path_is_found_out(channel: Channel, live_server: Any, settings: Any) -> None:
    """The public URL is not what the carrier would call: the same server, written in another way."""
    settings.PARLEY_PUBLIC_URL = live_server.url.replace("localhost", "127.0.0.1")
    settings.ALLOWED_HOSTS = ["*"]
    assert check(channel, "signature").verdict == "good"
    assert channel.account is not None
    channel.enabled = False
    channel.save()
    found = check(channel, "signature")
    assert (found.verdict, found.text) == ("bad", "Our webhook refused a request that was signed rightly.")
