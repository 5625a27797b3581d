"""Agents for tests: `make_agent(acme, greeting="Hi.")`, then `publish(agent)`."""

from __future__ import annotations

from typing import Any

from agents.actions.create_agent import create_agent
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent, Version
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

INSTRUCTIONS = "Open on Saturday from 9 am."


def make_agent(workspace: Workspace, name: str = "Reception", **draft: Any) -> Agent:
    """An unpublished agent whose draft can be published; `draft` are its fields."""
    actor = system_actor(workspace)
    agent = create_agent(actor, name)
    edit_draft(actor, agent, {"instructions": INSTRUCTIONS, **draft}, revision=1)
    agent.draft.refresh_from_db()
    return agent


def publish(agent: Agent, note: str = "") -> Version:
    """Publish the draft as it is; the agent object is brought up to date."""
    version = publish_agent(system_actor(agent.workspace), agent, note=note, menu=fallback_menu())
    agent.refresh_from_db()
    return version
