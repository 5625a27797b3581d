"""Questions about agents that more than one place asks."""

from __future__ import annotations

from django.db.models import QuerySet

from agents.models import Agent
from inference.spec import AgentSpec
from parley.accounts.models import Workspace


def callable_agents(workspace: Workspace) -> QuerySet[Agent]:
    """Agents that can take a call: published and not archived."""
    agents: QuerySet[Agent] = Agent.objects.of(workspace)
    return agents.filter(published__isnull=False, archived_at__isnull=True)


def published_specs() -> list[AgentSpec]:
    """What every workspace's agents run now, oldest first: the worker reads their prompts ahead."""
    agents = (
        Agent.objects.filter(published__isnull=False, archived_at__isnull=True)
        .select_related("published")
        .order_by("pk")
    )
    return [agent.published.agent_spec() for agent in agents if agent.published is not None]
