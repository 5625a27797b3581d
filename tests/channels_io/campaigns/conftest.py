from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_io.actions.save_campaign import create_campaign
from channels_io.actions.start_campaign import start_campaign
from channels_io.campaigns.plan import Plan, Window
from channels_io.campaigns.run import run_campaign
from channels_io.models import Campaign, CampaignEntry, Channel
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.support.agents import publish
from tests.support.messaging_lines import twilio_line
from tests.support.spending import open_rules
from tests.support.telephone import telephone

ALWAYS = (Window(tuple(range(7)), 0, 1440),)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def dublin(acme: Workspace) -> Workspace:
    acme.timezone = "Europe/Dublin"
    acme.save()
    open_rules(acme)
    return acme


@pytest.fixture
def phone(dublin: Workspace) -> Channel:
    return telephone(dublin)


@pytest.fixture
def texts(dublin: Workspace) -> Channel:
    channel = twilio_line(dublin)
    publish(channel.agent)
    return channel


@pytest.fixture
def campaign(phone: Channel) -> Campaign:
    return make(phone)


def make(channel: Channel, **plan: Any) -> Campaign:
    """A draft; always open, and as fast as can be."""
    given = {"windows": ALWAYS, "at_once": 100, "per_minute": 1000, "reserve": 0, "text": "Hello {{name}}", **plan}
    actor = system_actor(channel.workspace)
    return create_campaign(
        actor, name=f"Campaign {Campaign.objects.count()}", channel=channel, version=None, plan=Plan(**given)
    )


def people(campaign: Campaign, count: int = 3, **more: Any) -> list[CampaignEntry]:
    """Irish mobiles, lines from 2 on."""
    zone = more.pop("zone", "Europe/Dublin")
    rows = [
        CampaignEntry(
            campaign=campaign, line=line, address=f"+35387{line:07d}", name=f"Person {line}", zone=zone, **more
        )
        for line in range(2, 2 + count)
    ]
    CampaignEntry.objects.bulk_create(rows)
    return rows


def started(campaign: Campaign, count: int = 3, **more: Any) -> Campaign:
    people(campaign, count, **more)
    return start_campaign(system_actor(campaign.workspace), campaign)


Look = Callable[..., int]


@pytest.fixture
def look() -> Look:
    """One look of the runner, `after` so many minutes, with `room` lines at the speech workers."""

    def one(campaign: Campaign, *, after: float = 0, room: int = 1000) -> int:
        return run_campaign(campaign.pk, timezone.now() + timedelta(minutes=after), lambda: room)

    return one


def states(campaign: Campaign) -> list[str]:
    return list(CampaignEntry.objects.filter(campaign=campaign).order_by("line").values_list("state", flat=True))
