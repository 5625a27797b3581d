"""Whoever takes a campaign's call hears first that it is a machine that calls: in the agent's own voice, once."""

from __future__ import annotations

from channels_io.kinds.twilio_voice.opening import open_call
from channels_io.models import Campaign, Channel, PhoneCall
from tests.channels_io.campaigns.conftest import Look, make, started

SENTENCE = "Hello, this is an automated assistant calling for Acme."


def greeting(channel: Channel) -> str:
    return open_call(
        channel, PhoneCall.objects.select_related("workspace", "leg").latest("pk")
    ).opened.facts.spec.greeting


def test_it_comes_before_the_greeting(campaign: Campaign, look: Look) -> None:
    plain = make(campaign.channel, disclose=False)
    started(plain, 1)
    look(plain)
    own = greeting(campaign.channel)
    started(campaign, 1)
    look(campaign)
    assert greeting(campaign.channel) == f"{SENTENCE} {own}".strip()
    assert SENTENCE not in own


def test_a_call_that_comes_in_is_not_told(campaign: Campaign) -> None:
    call = PhoneCall.objects.create(
        workspace=campaign.workspace,
        channel=campaign.channel,
        direction=PhoneCall.Direction.INBOUND,
        key="in",
        remote="+353871234567",
    )
    assert SENTENCE not in open_call(campaign.channel, call).opened.facts.spec.greeting
