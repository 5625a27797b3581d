"""What a flow asks for, and what it is told: the runner's whole vocabulary. Pure data.

`advance(flow, state, answer, moment)` takes the last step's answer and gives the next step. It does
no I/O and knows no clock: the moment comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from inference.nodes import Expects, GoalNode, Slot, ToolSpec

# --- steps: what is needed now --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Say `text` word for word; told `Done`."""

    text: str
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Generate:
    """Let the model talk at this goal node, with these tools; told `Done`."""

    node: GoalNode
    tools: tuple[ToolSpec, ...]
    aside: str = ""
    """Instead of going on: answer what the caller wants to know, briefly, then stop. What to keep in mind, in words."""


@dataclass(frozen=True, slots=True)
class Choose:
    """Which of `options` holds after what the caller said last, if any; told `Chosen`."""

    options: tuple[str, ...]
    doubted: tuple[int, ...] = ()
    """Positions of those that must also hold when they are the only one that is offered: they may hang up."""


@dataclass(frozen=True, slots=True)
class Fill:
    """Find the values of `slots` that rules could not find, in what the caller said last; told `Filled`."""

    slots: tuple[Slot, ...]
    whole: bool = False
    """In all that was said, not only last."""


@dataclass(frozen=True, slots=True)
class Call:
    """Have the web side run `tool`; told `Called`. Has effects: never before the caller's turn is decided."""

    node: str
    tool: str
    arguments: Mapping[str, str]
    saying: str = ""
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Speak:
    """Go on in another language or voice; told `Done`."""

    language: str
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so long; told `Done`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Listen:
    """It is the caller's turn; told `Heard` or `Silence`."""

    expects: Expects = "any"
    keypad: int = 0
    """Digits that are a whole answer; 0: ended by "#" or a pause."""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Another agent goes on. `history`: how much of this conversation it is told."""

    agent: str
    history: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The conversation is over."""

    reason: str


Step = Say | Generate | Choose | Fill | Call | Speak | Pause | Listen | Leave | Finish

# --- answers: what became of it -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """Said, generated, waited, changed."""


@dataclass(frozen=True, slots=True)
class Heard:
    text: str
    keypad: bool = False
    """`text` are keys of a telephone."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The caller said nothing for as long as the agent waits."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Position in `Choose.options`; None: none of them."""

    option: int | None


@dataclass(frozen=True, slots=True)
class Filled:
    """Slot name → the caller's words for it (not yet checked); slots without an answer are missing."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Called:
    ok: bool
    result: str
    """JSON text, or plain text."""


Answer = Done | Heard | Silence | Chosen | Filled | Called


@dataclass(frozen=True, slots=True)
class Moment:
    """When and for whom a step is taken."""

    now: datetime
    """In the workspace's time zone."""
    person: str = ""
    """The same for the same caller, always: what a split is sticky by. Empty: unknown."""
    seconds: float = 0.0
    """Since the conversation began."""
    language: str = "en"
    voice: bool = True
    """Spoken, not written: values are read back as they are said."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Variables that come with the conversation: caller, channel, date."""
    tokens: int = 0
    """Read and written by models since the conversation began, where that is known."""
