"""What comes next, inside the runner: a step for the outside, or a move that the runner makes itself."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inference.flow.state import FlowState
from inference.flow.steps import Moment, Say, Step
from inference.nodes import FlowSpec


@dataclass(frozen=True, slots=True)
class Scene:
    """What stays the same while one step is looked for."""

    flow: FlowSpec
    moment: Moment


@dataclass(frozen=True, slots=True)
class Enter:
    """Go to this node of the flow that the state is in."""

    node: str


@dataclass(frozen=True, slots=True)
class Exit:
    """The node is done; its edges tell where it goes.

    `judged`: judged edges are asked before the else edge; otherwise only where there is no else edge.
    """

    event: str = ""
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Over:
    """The path ends here."""


@dataclass(frozen=True, slots=True)
class Then:
    """Go on at the same node: listen, ask (again), done, work, over, leave, finish:<reason>."""

    what: str


Move = Step | Enter | Exit | Over | Then
Result = tuple[FlowState, Move]


def say(state: FlowState, text: str, then: str, *, interruptible: bool = True) -> Result:
    """Say `text`, if there is any, and go on with `then`, one of `Then`."""
    text = text.strip()
    if not text:
        return state, Then(then)
    return replace(state, stage=f"say:{then}", saying=text, spoke=True), Say(text, interruptible)
