"""What to paste into a terminal to try a channel on a simulated account."""

from __future__ import annotations

from agents.models import Agent
from channels_io import registry
from channels_io.models import Channel


def simulate_commands(row: Channel) -> list[str]:
    """[] for an account of a real carrier. The simulator finds the channel by its agent."""
    if row.account is None or not row.account.simulated:
        return []
    agent = row.agent
    whose = f"--agent {agent.slug}"
    if Agent.objects.filter(slug=agent.slug).count() > 1:
        whose += f" --workspace {row.workspace.slug}"
    if registry.channel_kind(row.kind).media == "voice":
        return [
            f'./manage.py simulate call {whose} --text "Hello, are you open on Saturday?"',
            f"./manage.py simulate call {whose} --wav question.wav --out heard.wav",
        ]
    wire = registry.scope_of(row) or "sms"
    return [f'./manage.py simulate {wire} {whose} --text "Hello, are you open on Saturday?"']
