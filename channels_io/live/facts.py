"""What a session must know of its leg; all of it is read before the first frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from channels_io.live.lines import Line
from channels_io.mocks import Mock
from channels_io.privacy.rules import Sort
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
class OwnerNow:
    """`number` is `Conversation.owner_number`: of two of these the one with the higher number is true."""

    owner: Literal["ai", "human"] = "ai"
    number: int = 0
    user: str = ""
    """Public id of the person, and their name."""
    name: str = ""
    node: str = ""
    """Where the agent is to go on; "" where its flow stands."""
    by: str = ""
    """`OwnerChange.by`."""


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
    comeback: Line | None = None
    """A call that was broken off and goes on: what its caller is told first."""
    again: bool = False
    """The person calls back: the agent begins with the question that is open, not with its greeting."""
    known: Mapping[str, KnownMessage] = field(default_factory=dict)
    """By the sender's message id: what may be sent again after a lost connection."""
    caller: str = ""
    """Facts about the caller and the moment, for the prompt."""
    person: str = ""
    """The same for the same person in every conversation; empty: only this conversation is known."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the flow knows from the beginning: `agents.variables.FACTS`."""
    test: bool = False
    """Whoever is on this line tries the agent: tell which nodes it passes and what it knows."""
    mocks: Mapping[str, Mock] = field(default_factory=dict)
    """Tools that are not run in this leg, by name, and what they answer instead."""
    flow: Mapping[str, Any] = field(default_factory=dict)
    """The flow as it was drawn: the requests of its own nodes stay on this side of the wire."""
    owner: OwnerNow = OwnerNow()
    """Who talks when the leg begins."""
    lines: Mapping[Line, str] = field(default_factory=dict)
    """Sentences that this channel says in its own words; empty: it says none."""
    masks: tuple[Sort, ...] = ()
    """What is hidden from whoever watches, as it is in the record."""
