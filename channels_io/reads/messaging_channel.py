"""Which channel a message leaves over when nobody named one."""

from __future__ import annotations

from typing import Literal

from agents.models import Agent
from channels_io.message_settings import MessageSettings
from channels_io.models import Channel
from channels_io.registry import UnknownKind, messenger_of
from inference.errors import ParleyError
from parley.accounts.models import Workspace


def channel_for(workspace: Workspace, agent: Agent, scope: Literal["sms", "whatsapp"]) -> Channel | None:
    """An enabled one that carries `scope`: the agent's own, else the workspace's default, else its oldest."""
    rows = Channel.objects.filter(workspace=workspace, enabled=True, account__isnull=False)
    able = [channel for channel in rows.select_related("account", "agent", "workspace") if _carries(channel, scope)]
    ranked = sorted(
        able,
        key=lambda channel: (
            channel.agent_id != agent.pk,
            not MessageSettings.of(channel.settings).default,
            channel.pk,
        ),
    )
    return ranked[0] if ranked else None


def _carries(channel: Channel, scope: str) -> bool:
    try:
        return messenger_of(channel).abilities.scope == scope
    except (UnknownKind, LookupError, ParleyError):
        return False
