"""Setting a sender up at Twilio, played by the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from channels_io.hooks import hook_url
from channels_io.models import Channel, InboundEvent
from channels_io.registry import setup_of
from channels_io.setting_up import Found, SetUp, SetUpFailed
from channels_io.simulators.twilio import TwilioSimulator
from parley.accounts.models import Workspace
from tests.support.in_thread import in_thread
from tests.support.messaging_lines import SENDER, twilio_line

pytestmark = pytest.mark.django_db

WHATSAPP = f"whatsapp:{SENDER}"
END = "#rc=5&rp=ct,rt,5xx"


@pytest.fixture(scope="module")
def running() -> Iterator[TwilioSimulator]:
    with in_thread(TwilioSimulator()) as (twilio, _run):
        yield twilio


@pytest.fixture
def twilio(running: TwilioSimulator, settings: Any) -> TwilioSimulator:
    settings.PARLEY_SIMULATOR_URL = running.url
    running.numbers.clear()
    running.add_number(SENDER, name="Desk")
    running.add_number(WHATSAPP, name="Acme")
    return running


def line(acme: Workspace, twilio: TwilioSimulator, address: str) -> Channel:
    return twilio_line(acme, address=address, token=twilio.auth_token, number=twilio.account_sid)


def set_up(channel: Channel) -> SetUp:
    assert channel.account is not None
    return setup_of(channel.kind, channel.account)


def check(channel: Channel, name: str) -> Found:
    return next(one for one in set_up(channel).checks(channel) if one.name == name).run()


def test_numbers_and_senders_are_listed_apart(acme: Workspace, twilio: TwilioSimulator) -> None:
    numbers = set_up(line(acme, twilio, SENDER)).numbers()
    assert [(number.address, number.usable) for number in numbers] == [(WHATSAPP, True), (SENDER, True)]
    assert numbers[0].detail.startswith("WhatsApp")
    assert numbers[1].detail == "SMS"


def test_an_sms_number_is_connected(acme: Workspace, twilio: TwilioSimulator) -> None:
    channel = line(acme, twilio, SENDER)
    assert check(channel, "webhook").verdict == "bad"
    set_up(channel).configure(channel)
    number = twilio.numbers[SENDER]
    url = hook_url(channel, "message") + END
    assert (number.sms_url, number.sms_fallback_url) == (url, url)
    assert [webhook.value for webhook in set_up(channel).webhooks(channel)] == [url, url]
    assert check(channel, "number").verdict == "good"
    assert check(channel, "webhook").verdict == "good"
    # The number's calls are somebody else's.
    assert number.voice_url == ""


def test_a_whatsapp_sender_is_connected(acme: Workspace, twilio: TwilioSimulator) -> None:
    channel = line(acme, twilio, WHATSAPP)
    assert check(channel, "webhook").verdict == "bad"
    set_up(channel).configure(channel)
    sender = twilio.numbers[WHATSAPP]
    assert sender.sms_url == hook_url(channel, "message") + END
    assert sender.status_callback == hook_url(channel, "status")
    assert check(channel, "number").verdict == "good"
    assert check(channel, "webhook").verdict == "good"
    assert twilio.numbers[SENDER].sms_url == ""


def test_a_sender_that_is_not_there(acme: Workspace, twilio: TwilioSimulator) -> None:
    channel = line(acme, twilio, WHATSAPP)
    del twilio.numbers[WHATSAPP]
    with pytest.raises(SetUpFailed) as failed:
        check(channel, "number")
    assert failed.value.code == "not_found"
    assert "sandbox" in failed.value.advice


@pytest.mark.django_db(transaction=True)
def test_the_signature_test_changes_nothing(
    acme: Workspace, twilio: TwilioSimulator, live_server: Any, settings: Any
) -> None:
    settings.PARLEY_PUBLIC_URL = live_server.url
    channel = line(acme, twilio, SENDER)
    assert check(channel, "signature").verdict == "good"
    assert not InboundEvent.objects.exists()
