"""The nodes and edges of a compiled flow: what each node does, in frozen data.

`agents.nodes` writes them, `inference.flow` walks them. Texts may hold `{{name}}`; it is replaced by
flat name only, nothing in a text is ever evaluated.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Expects = Literal["any", "yes_no", "number", "phone", "email", "spelling", "name", "date", "free"]
"""What a caller is asked for, and so how patient to be; "any": nothing known, "free": a story, at length."""

SlotKind = Literal[
    "text", "name", "phone", "email", "date", "time", "number", "address", "choice", "yes_no", "digits", "spelling"
]
Confirm = Literal["none", "implicit", "explicit"]
"""How a value is checked: not at all, by saying it in passing, by asking whether it is right."""
Operator = Literal[
    "is", "is_not", "contains", "not_contains", "starts_with", "greater", "less", "at_least", "at_most",
    "is_set", "is_empty", "one_of", "not_one_of",
]  # fmt: skip
Pair = tuple[str, str]
"""(name, template or path)."""
VERIFIED = "caller_verified"
"""The variable that is "yes" once the caller has proved who they are."""
CODE, CONSENT = "one-time code", "consent to move"
"""Slots that no variable of a flow can be called like."""
CODE_DIGITS = 6


class ToolSpec(Struct, frozen=True):
    """A tool the model may ask for; the web side runs it. `parameters` is a JSON schema as text."""

    name: str
    description: str
    parameters: str = '{"type":"object","properties":{}}'
    saying: str = ""
    """Said while it runs."""
    changes: bool = False
    """It does something that lasts: books, pays."""


class Choice(Struct, frozen=True):
    """One of several answers. `value` is what is kept, and names the edge "choice:<value>"."""

    value: str
    label: str = ""
    synonyms: tuple[str, ...] = ()
    key: str = ""
    """The key of a telephone that means it."""


class Slot(Struct, frozen=True):
    """One thing to find out. The value is kept as text in the variable `name`.

    date: "2026-11-24", time: "15:30", phone: E.164 where the number allows, number: plain decimal, yes_no: "yes" or
    "no", choice: its `value`, digits and spelling: without blanks.
    """

    name: str
    kind: SlotKind = "text"
    ask: str = ""
    label: str = ""
    """What it is called when it is read back: "the date"."""
    choices: tuple[Choice, ...] = ()
    confirm: Confirm = "none"
    retry: str = ""
    """Said instead of `ask` when the answer was not understood."""
    attempts: int = 3
    minimum: float | None = None
    """Of a number; of digits and spelling the fewest; of a date the days from today; of a time hours of the day."""
    maximum: float | None = None
    optional: bool = False
    """Whether "I don't know" is an answer."""
    masked: bool = False
    """Never in a log, a transcript or a prompt."""
    keypad: bool = True


class StartNode(Struct, frozen=True, tag="start"):
    id: str


class SayNode(Struct, frozen=True, tag="say"):
    id: str
    text: str
    wait: bool = False
    """Listen afterwards, and leave with what the caller says."""
    interruptible: bool = True


class GoalNode(Struct, frozen=True, tag="goal"):
    """The model talks towards `prompt`, with the named tools, until an edge leaves."""

    id: str
    prompt: str
    tools: tuple[str, ...] = ()
    expects: Expects = "any"
    speaks_first: bool = False
    """Speak when the node is entered; otherwise the caller does."""
    max_turns: int = 0
    """Turns of the caller after which the edge "max_turns" leaves; 0: as many as it takes."""


class CollectNode(Struct, frozen=True, tag="collect"):
    id: str
    slot: Slot


class FormNode(Struct, frozen=True, tag="form"):
    """Several slots in any order; all that one sentence answers are taken."""

    id: str
    slots: tuple[Slot, ...]
    summary: str = ""
    """Read back and asked to be right, when all are filled; empty: not asked."""


class BranchNode(Struct, frozen=True, tag="branch"):
    id: str


class MenuNode(Struct, frozen=True, tag="menu"):
    id: str
    text: str
    choices: tuple[Choice, ...]
    variable: str = ""
    retry: str = ""
    attempts: int = 3


class SetNode(Struct, frozen=True, tag="set"):
    id: str
    values: tuple[Pair, ...]


class ExtractNode(Struct, frozen=True, tag="extract"):
    """Fill the slots from what was said so far, without asking."""

    id: str
    slots: tuple[Slot, ...]


class CallNode(Struct, frozen=True, tag="call"):
    """Have the web side run a tool; edges "success" and "failure". HTTP and tool nodes compile to it."""

    id: str
    tool: str
    """A name of `FlowSpec.tools`, or "node:<id>": a request that is this node's own."""
    arguments: tuple[Pair, ...] = ()
    saying: str = ""
    results: tuple[Pair, ...] = ()
    """(variable, path in the JSON answer: "slots.0.time"; an empty path is all of it)."""
    seconds: float = 10.0
    changes: bool = False
    """It does something that lasts (books, pays): once done, what led to it is not taken back by "no, Tuesday"."""


class KnowledgeNode(Struct, frozen=True, tag="knowledge"):
    id: str
    query: str
    variable: str
    sources: tuple[str, ...] = ()


class SendNode(Struct, frozen=True, tag="send"):
    """A message to the caller over another channel; edges "success" and "failure"."""

    id: str
    text: str
    channel: Literal["sms", "whatsapp", "email", "same"] = "sms"
    to: str = ""
    """A template; empty: the caller's own address."""
    saying: str = ""


class MoveNode(Struct, frozen=True, tag="move"):
    """The conversation goes on in messages: one is sent, this leg ends, and the next node waits there for the person.

    Edges "success" (moved), "declined" (the caller does not want it) and "failure".
    """

    id: str
    text: str
    channel: Literal["sms", "whatsapp"] = "sms"
    ask: str = ""
    """Asked before, yes or no; empty: not asked."""
    to: str = ""
    """A template; empty: the caller's own address."""
    saying: str = ""
    """Said while it is sent."""
    goodbye: str = ""
    """Said when it is sent, before this leg ends; empty: a sentence of the flow's own."""

    @property
    def slot(self) -> Slot:
        """What the caller is asked for."""
        return Slot(CONSENT, "yes_no", self.ask, "your answer")


class VerifyNode(Struct, frozen=True, tag="verify"):
    """Has the caller prove who they are: a code goes to an address of theirs, and they say or type it.

    Edges "success" and "failure". Sets `VERIFIED` to "yes"; a caller who has proved it already passes.
    """

    id: str
    ask: str
    """Said when the code is sent."""
    channel: Literal["sms", "whatsapp"] = "sms"
    to: str = ""
    """A template; empty: an address that the caller is known by."""
    anywhere: bool = False
    """Whether `to` may be an address that the caller is not known by: it then proves that address and nothing more."""
    saying: str = ""
    """Said while it is sent."""
    retry: str = ""
    attempts: int = 3

    @property
    def slot(self) -> Slot:
        return Slot(
            CODE, "digits", self.ask, "the code",
            retry=self.retry, attempts=self.attempts, minimum=CODE_DIGITS, maximum=CODE_DIGITS, masked=True,
        )  # fmt: skip


class TransferNode(Struct, frozen=True, tag="transfer"):
    """To a person; edges "success" and "failure" (nobody took it).

    To a team (`target`: its id, empty: the workspace's own choice) the conversation waits in its queue: a caller is held,
    or ("talk", and where it is written) the agent goes on over "waiting" until somebody takes it; "silent": a caller is
    held, and who writes gets no answer until then.
    """

    id: str
    target: str
    text: str = ""
    briefing: str = ""
    mode: Literal["cold", "warm"] = "cold"
    to: Literal["number", "team"] = "number"
    reason: str = ""
    skills: tuple[str, ...] = ()
    waiting: Literal["hold", "talk", "silent"] = "hold"


class HandoffNode(Struct, frozen=True, tag="handoff"):
    """To another agent of the workspace, which goes on in this conversation; edge "failure" if there is none."""

    id: str
    agent: str
    text: str = ""
    history: Literal["full", "summary", "none"] = "full"


class SubflowNode(Struct, frozen=True, tag="subflow"):
    id: str
    flow: str
    inputs: tuple[Pair, ...] = ()
    """(variable inside, template outside)."""
    outputs: tuple[Pair, ...] = ()
    """(variable outside, variable inside)."""


class LanguageNode(Struct, frozen=True, tag="language"):
    id: str
    language: str
    voice: str = ""
    text: str = ""


class WaitNode(Struct, frozen=True, tag="wait"):
    id: str
    seconds: float = 2.0
    text: str = ""


class Share(Struct, frozen=True):
    name: str
    weight: float = 1.0


class SplitNode(Struct, frozen=True, tag="split"):
    """Sends callers over the edges "split:<name>" by weight; the same caller always the same way."""

    id: str
    shares: tuple[Share, ...]


class EndNode(Struct, frozen=True, tag="end"):
    id: str
    text: str = ""
    reason: str = "completed"


Node = (
    StartNode
    | SayNode
    | GoalNode
    | CollectNode
    | FormNode
    | BranchNode
    | MenuNode
    | SetNode
    | ExtractNode
    | CallNode
    | KnowledgeNode
    | SendNode
    | MoveNode
    | VerifyNode
    | TransferNode
    | HandoffNode
    | SubflowNode
    | LanguageNode
    | WaitNode
    | SplitNode
    | EndNode
)


class Condition(Struct, frozen=True):
    variable: str
    operator: Operator = "is"
    value: str = ""
    """Compared as numbers where both are; "one_of": separated by commas."""


class Edge(Struct, frozen=True):
    """Tried in the order condition, event, judged, else; within one kind by `priority`, the smallest first."""

    source: str
    target: str
    kind: Literal["condition", "event", "judged", "else"] = "else"
    id: str = ""
    label: str = ""
    """Of a judged edge: what holds when it is taken, in words ("the caller wants to book")."""
    event: str = ""
    """success, failure, silence, no_match, max_turns, choice:<value>, split:<name>, key:<digit>."""
    match: Literal["all", "any"] = "all"
    rows: tuple[Condition, ...] = ()
    priority: int = 0


class Global(Struct, frozen=True):
    """A node that may be entered from anywhere: by its rows, or when the model judges that `label` holds."""

    node: str
    label: str = ""
    match: Literal["all", "any"] = "all"
    rows: tuple[Condition, ...] = ()
    returns: bool = True
    """Go back to where it was entered from, once the path from it ends."""


class Subflow(Struct, frozen=True):
    """A flow inside a flow. A path in it that ends goes back; an End node in it ends the conversation."""

    id: str
    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()


class FlowLimits(Struct, frozen=True):
    """Whatever runs into one of them ends in speech."""

    steps: int = 60
    """Nodes passed in one turn without hearing the caller."""
    visits: int = 25
    """Entries of one node in a conversation."""
    turns: int = 300
    seconds: int = 3600
    tokens: int = 0
    """Read and written by models in a conversation; 0: as many as it takes."""


class FlowSpec(Struct, frozen=True):
    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    globals: tuple[Global, ...] = ()
    flows: tuple[Subflow, ...] = ()
    variables: tuple[Pair, ...] = ()
    """(name, value at the beginning)."""
    limits: FlowLimits = FlowLimits()
