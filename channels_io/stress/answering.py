"""Agents to call, and tickets for calls to them: run inside the private stack."""

from __future__ import annotations

from agents.actions.create_agent import create_agent
from agents.actions.edit_draft import edit_draft
from agents.actions.publish_agent import publish_agent
from agents.engines import fallback_menu
from agents.models import Agent
from channels_io.tickets import ANY_ORIGIN, Ticket, issue_ticket
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

SLUG = "stress-workers"


def make_agents(count: int) -> int:
    """So many published agents, each with a prompt of its own, in a workspace of their own."""
    workspace = Workspace.objects.create(name="Stress", slug=SLUG)
    actor = system_actor(workspace)
    for number in range(count):
        agent = create_agent(actor, f"Agent {number}")
        prompt = f"You are agent {number}. Repeat what you are told."
        edit_draft(actor, agent, {"instructions": prompt, "greeting": "Hello, what is it?"}, revision=1)
        publish_agent(actor, agent, note="", menu=fallback_menu())
    return count


def tickets(count: int) -> list[str]:
    """For the agents in turn. They hold for a minute."""
    agents = list(Agent.objects.filter(workspace__slug=SLUG).select_related("workspace").order_by("pk"))
    return [
        issue_ticket(
            Ticket(
                workspace=agent.workspace.public_id,
                kind="browser_voice",
                agent=agent.public_id,
                origins=(ANY_ORIGIN,),
            )
        )
        for agent in (agents[number % len(agents)] for number in range(count))
    ]
