"""Questions about agents that more than one place asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from agents.models import Agent, Draft, Secret, Tool
from agents.tools.arguments import schema_of
from agents.tools.shapes import stored_values
from inference.nodes import ToolSpec
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


READING = ("GET", "HEAD")
"""Methods that ask and change nothing."""


def tool_specs(workspace: Workspace) -> list[ToolSpec]:
    """The workspace's tools as a model is shown them."""
    return [
        ToolSpec(
            name=tool.name,
            description=tool.description,
            parameters=schema_of(values.parameters),
            saying=tool.saying,
            changes=values.request.method not in READING,
        )
        for tool in Tool.objects.of(workspace)
        for values in (stored_values(tool),)
    ]


def secret_names(workspace: Workspace) -> list[str]:
    """What a request may name. The secrets themselves are read by whoever sends."""
    return list(Secret.objects.of(workspace).values_list("name", flat=True))


def agents_with_tool(workspace: Workspace, name: str) -> list[Agent]:
    """Agents whose draft or live version uses the tool."""
    return _agents_with(workspace, lambda values: values.get("tool") == name or name in values.get("tools", []))


def agents_with_secret(workspace: Workspace, name: str) -> list[Agent]:
    """Agents that have a request of their own which sends the secret, in their draft or live version."""
    return _agents_with(workspace, lambda values: values.get("secret") == name and values.get("auth") != "none")


def _agents_with(workspace: Workspace, test: Callable[[Mapping[str, Any]], bool]) -> list[Agent]:
    agents = Agent.objects.of(workspace).select_related("draft", "published").order_by("name")
    return [agent for agent in agents if any(_holds(flow, test) for flow in _flows(agent))]


def _flows(agent: Agent) -> list[Any]:
    draft: Draft = agent.draft
    return [draft.flow, agent.published.draft.get("flow", {}) if agent.published else {}]


def _holds(flow: Any, test: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Whether a node of the flow, or of a flow in it, has such values."""
    if not isinstance(flow, dict):
        return False
    if any(test(node.get("values", {})) for node in flow.get("nodes", [])):
        return True
    return any(_holds(inner, test) for inner in flow.get("flows", []))
