"""What a session must know of its leg; all of it is read before the first frame."""

from __future__ import annotations

from dataclasses import dataclass

from inference.events import ConversationState
from inference.spec import AgentSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    leg: str
    """Public id, like `conversation`."""
    conversation: str
    agent: str
    """The agent's name, shown to the caller."""
    spec: AgentSpec
    state: ConversationState | None = None
    """Where an earlier leg of this conversation stopped."""
    resumed: bool = False
    caller: str = ""
    """Facts about the caller and the moment, for the prompt."""
