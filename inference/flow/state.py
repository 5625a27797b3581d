"""Where a conversation stands in its flow: JSON-safe, and all that another worker needs."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Trying(Struct, frozen=True):
    """How far a node that asks has come."""

    slot: str = ""
    attempts: int = 0
    """Answers that were of no use; of a goal node, turns of the caller."""
    confirming: str = ""
    """The slot, or "*" for all of them, whose value the caller is asked to confirm."""
    values: dict[str, str] = {}
    asides: int = 0
    pending: tuple[str, ...] = ()
    """Slots with a value that the caller has yet to confirm."""
    noted: tuple[str, ...] = ()
    """Slots whose value is read back in passing before anything else is said."""


class Frame(Struct, frozen=True):
    """A place to go back to: from a sub-flow (`flow`) or from a global node."""

    node: str
    flow: str = ""
    variables: dict[str, Any] = {}
    """What the outer flow knew, for a sub-flow; empty for a global node."""
    entered: str = ""
    """The global node that was entered from here; empty for a sub-flow."""
    trying: Trying | None = None
    """How far the node had come that a global node was entered from."""


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
    put_through: bool = False
    """Whether the caller was put through to a person by telephone: what ends with that goes on when they come back."""
    said: str = ""
    """What the caller said last, for `{{said}}` and conditions; empty where it is masked."""
    saying: str = ""
    """What is being said, in the stages that say something."""
    spoke: bool = False
    """Whether anything was said since the caller was heard."""
    silences: int = 0
    """Rounds in a row in which the caller said nothing."""
    splits: dict[str, str] = {}
    """The way each split sent this conversation."""
    held: tuple[str, ...] = ()
    """Global nodes whose conditions held when last looked at: they are entered when that begins, not while it lasts."""
    collected: tuple[str, ...] = ()
    """Nodes that asked and got an answer, the newest last: what a caller may take back."""
    retracing: tuple[str, ...] = ()
    """Of these, what is passed again after something was taken back: what they know is not asked anew."""
    missed: bool = False
    """What the caller said last was of no use to the question that was open."""
