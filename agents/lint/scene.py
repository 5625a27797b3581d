"""What every check of a flow reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.graph import Flow, Graph
from agents.nodes.ports import Port

if TYPE_CHECKING:
    from agents.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Setting:
    """The draft that the flow belongs to, as far as its flow is judged by it."""

    agent: str
    persona: str
    instructions: str
    language: str
    voice_engine: str
    transcriber: str
    around: Surroundings
    languages: tuple[str, ...] = ()
    """Others that the agent has voices for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One graph of a flow. `names`: variables that can be read in it. `masked`: those that must stay secret."""

    setting: Setting
    flow: Flow
    graph: Graph
    names: frozenset[str]
    masked: frozenset[str]
    ports: Mapping[tuple[str, str], Port]

    @property
    def field(self) -> str:
        """What a problem of the graph as a whole is tied to."""
        return f"flows.{self.graph.id}" if self.graph.id else "flow"
