"""The demo workspace's channels."""

from __future__ import annotations

from agents.reads import callable_agents
from channels_io.actions.save_channel import create_channel
from channels_io.models import Channel
from channels_io.widget_settings import WIDGET_KIND, WidgetSettings
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

DEMO_NAME = "Website widget"


def seed_channels(workspace: Workspace) -> list[Channel]:
    """A widget for the demo receptionist; no foreign site may show it yet. Does nothing the second time."""
    agents = callable_agents(workspace)
    agent = agents.filter(slug="reception").first() or agents.order_by("pk").first()
    if agent is None or Channel.objects.of(workspace).exists():
        return []
    widget = WidgetSettings(title=agent.name)
    return [
        create_channel(
            system_actor(workspace), kind=WIDGET_KIND, name=DEMO_NAME, agent=agent, settings=widget.as_json()
        )
    ]
