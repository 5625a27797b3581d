"""What a draft is compiled against: what the worker offers, and what else the workspace has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps

from agents.engines import EngineMenu, fallback_menu, known_menu
from agents.models import Agent
from agents.providers import service_offers
from agents.reads import secret_names, tool_specs
from agents.voices import voice_offers
from inference.nodes import ToolSpec
from parley.accounts.models import Workspace


@dataclass(frozen=True, slots=True)
class OtherAgent:
    name: str
    live: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`agents` by public id, archived ones left out."""

    menu: EngineMenu = field(default_factory=fallback_menu)
    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    agents: Mapping[str, OtherAgent] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    """Names by public id."""


def team_names(workspace: Workspace) -> dict[str, str]:
    """Teams belong to the channels, which this package does not know."""
    teams: Any = apps.get_model("channels_io", "Team")
    return dict(teams.objects.filter(workspace=workspace).order_by("name").values_list("public_id", "name"))


def surroundings_of(workspace: Workspace, menu: EngineMenu | None = None) -> Surroundings:
    """`menu`: what the workers offer now; without it all that they are known to offer."""
    agents = Agent.objects.of(workspace).filter(archived_at=None).order_by("name", "pk")
    return Surroundings(
        menu=replace(menu or known_menu(), services=service_offers(workspace), cloned=voice_offers(workspace)),
        tools={tool.name: tool for tool in tool_specs(workspace)},
        secrets=frozenset(secret_names(workspace)),
        teams=team_names(workspace),
        agents={agent.public_id: OtherAgent(agent.name, agent.published_id is not None) for agent in agents},
    )
