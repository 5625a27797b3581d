"""What a running conversation knows and another worker would need: the mutable twin of ConversationState."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from inference.events import ConversationState, Message
from inference.flow.state import FlowState
from inference.flow.steps import Step
from inference.languages import spoken_in
from inference.masking import masked_slots, visible, without_masked
from inference.spec import AgentSpec

MOST_INSTRUCTIONS = 8
INSTRUCTION_CHARS = 500


@dataclass(slots=True)
class LiveState:
    """The agent that speaks, where its flow stands, history as heard, a summary of what came before it.

    `spec` is what the conversation was opened with until language or voice change, or another agent goes on.
    """

    spec: AgentSpec
    flow: FlowState = field(default_factory=FlowState)
    """Without a node: not begun."""
    step: Step | None = None
    """What the flow needs where it stands; None: not known, or not begun."""
    history: list[Message] = field(default_factory=list)
    behind: list[Message] = field(default_factory=list)
    """Older than `history`: no prompt holds it, and no notes do yet."""
    turn: int = 0
    greeted: bool = False
    owner: Literal["ai", "human"] = "ai"
    summary: str = ""
    agent: str = ""
    """The agent that took over; empty: the one that the conversation was opened with."""
    language: str = ""
    voice: str = ""
    instructions: list[str] = field(default_factory=list)
    unfollowed: int = 0
    misses: int = 0
    _own: AgentSpec = field(init=False)
    """The agent in its own language and voice."""
    _masked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._own = self.spec
        self._masked = masked_slots(self.spec.flow)

    @classmethod
    def resume(cls, snapshot: ConversationState | None, spec: AgentSpec) -> LiveState:
        """From a snapshot, or not begun yet."""
        if snapshot is None:
            return cls(spec)
        flow = snapshot.flow
        if not flow.node and snapshot.node:  # written before there were flows
            flow = FlowState(node=snapshot.node, variables=dict(snapshot.variables))
        state = cls(
            spec,
            flow,
            history=list(snapshot.history),
            turn=snapshot.turn,
            greeted=snapshot.greeted,
            owner=snapshot.owner,
            summary=snapshot.summary,
            agent=snapshot.agent,
            instructions=list(snapshot.instructions),
            unfollowed=min(max(0, snapshot.unfollowed), len(snapshot.instructions)),
            misses=snapshot.misses,
        )
        if snapshot.language or snapshot.voice:
            state.speak(snapshot.language, snapshot.voice)
        return state

    def speak(self, language: str, voice: str) -> None:
        """From now on in another language or voice; what is empty stays, but each language has its own voice where the
        agent has several."""
        kept = self.voice if not language or not self._own.languages else ""
        self.language, self.voice = language or self.language, voice or kept
        self.spec = spoken_in(self._own, self.language, self.voice)

    @property
    def own_language(self) -> str:
        """What the agent speaks when nobody has changed it."""
        return self._own.language

    def instruct(self, text: str) -> None:
        """An operator tells the agent something; the oldest are forgotten when there are too many."""
        self.instructions = [*self.instructions, text.strip()[:INSTRUCTION_CHARS]][-MOST_INSTRUCTIONS:]
        self.unfollowed = min(self.unfollowed + 1, MOST_INSTRUCTIONS)

    @property
    def to_follow(self) -> tuple[str, ...]:
        """Instructions that no answer has followed yet, the oldest first."""
        return tuple(self.instructions[len(self.instructions) - self.unfollowed :])

    def followed(self, count: int) -> None:
        """An answer was heard that follows so many of them, the oldest first."""
        self.unfollowed = max(0, self.unfollowed - count)

    def count_miss(self, missed: bool) -> None:
        """Whether the caller's last turn was of no use."""
        self.misses = self.misses + 1 if missed else 0

    def hand_over(self, spec: AgentSpec) -> None:
        """Another agent goes on."""
        self.spec, self._own, self.agent = spec, spec, spec.agent
        self.language = self.voice = ""
        self._masked = masked_slots(spec.flow)

    def shown(self, flow: FlowState) -> dict[str, Any]:
        """What `flow` knows and may be told."""
        return visible(flow.variables, self._masked)

    def snapshot(self) -> ConversationState:
        return ConversationState(
            self.flow.node,
            self.shown(self.flow),
            (*self.behind, *self.history),
            self.turn,
            self.greeted,
            self.owner,
            self.summary,
            without_masked(self.flow, self._masked),
            self.agent,
            self.language,
            self.voice,
            tuple(self.instructions),
            self.unfollowed,
            self.misses,
        )
