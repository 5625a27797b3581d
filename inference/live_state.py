"""What a running conversation knows and another worker would need: the mutable twin of ConversationState."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from inference.events import ConversationState, Message


@dataclass(slots=True)
class LiveState:
    """Node, variables, history as heard, a summary of what came before it, and the number of the current turn."""

    node: str
    variables: dict[str, Any] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    turn: int = 0
    greeted: bool = False
    owner: Literal["ai", "human"] = "ai"
    summary: str = ""

    @classmethod
    def resume(cls, snapshot: ConversationState | None, start: str) -> LiveState:
        """From a snapshot, or at the flow's start node."""
        if snapshot is None:
            return cls(start)
        return cls(
            snapshot.node or start,
            dict(snapshot.variables),
            list(snapshot.history),
            snapshot.turn,
            snapshot.greeted,
            snapshot.owner,
            snapshot.summary,
        )

    def snapshot(self) -> ConversationState:
        return ConversationState(
            self.node,
            dict(self.variables),
            tuple(self.history),
            self.turn,
            self.greeted,
            self.owner,
            self.summary,
        )
