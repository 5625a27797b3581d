"""What a session must know of its leg; all of it is read before the first frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference.events import ConversationState
from inference.spec import AgentSpec


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A typed message that an earlier leg of the conversation took; `reply` is None while it has no answer."""

    turn: int
    text: str
    reply: tuple[int, str] | None = None
    """(turn, words)"""


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
    known: Mapping[str, KnownMessage] = field(default_factory=dict)
    """By the sender's message id: what may be sent again after a lost connection."""
    caller: str = ""
    """Facts about the caller and the moment, for the prompt."""
