"""The demo workspace's agents."""

from __future__ import annotations

from django.db import transaction

from agents.actions.create_agent import create_agent
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent
from agents.starters import DENTAL, PIZZA, STARTERS
from parley.accounts.actor import Actor, system_actor
from parley.accounts.models import Workspace

DEMO_AGENTS = (("reception", DENTAL), ("pizza", PIZZA), ("booking", STARTERS["dental_booking"]))


@transaction.atomic
def seed_demo(workspace: Workspace, actor: Actor | None = None) -> list[Agent]:
    """The demo agents, published. Those that exist (by slug) are left as they are."""
    actor = actor or system_actor(workspace)
    agents = []
    for slug, starter in DEMO_AGENTS:
        agent = Agent.objects.of(workspace).filter(slug=slug).first()
        if agent is None:
            agent = create_agent(actor, starter.name, starter=starter.key, slug=slug)
            publish_agent(actor, agent, note="Demo agent", menu=fallback_menu())
            agent.refresh_from_db()
        agents.append(agent)
    return agents
