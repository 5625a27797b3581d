"""Where a conversation stands in its flow: JSON-safe, and all that another worker needs."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Frame(Struct, frozen=True):
    """A place to go back to: from a sub-flow (`flow`) or from a global node."""

    node: str
    flow: str = ""
    variables: dict[str, Any] = {}
    """What the outer flow knew, for a sub-flow; empty for a global node."""


class Trying(Struct, frozen=True):
    """How far a node that asks has come."""

    slot: str = ""
    attempts: int = 0
    confirming: str = ""
    """The slot, or "*" for all of them, whose value the caller is asked to confirm."""
    values: dict[str, str] = {}
    asides: int = 0


class FlowState(Struct, frozen=True):
    """`node` is where the conversation is, in `flow` ("" is the main one). `stage` is the runner's own."""

    node: str = ""
    flow: str = ""
    stage: str = ""
    variables: dict[str, Any] = {}
    frames: tuple[Frame, ...] = ()
    visits: dict[str, int] = {}
    steps: int = 0
    """Nodes passed since the caller was heard."""
    turns: int = 0
    heard: str = ""
    """What the caller said last, until a node has used it."""
    trying: Trying | None = None
    path: tuple[str, ...] = ()
    """Nodes entered since the caller was heard, for whoever watches."""
    ended: bool = False
