"""What there is to look at: the words as they are kept, and what the flow found out. Masked values are in neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from agents.after_call import AfterCall, read_after_call
from agents.models import Version
from channels_io.end_reasons import EndReason
from channels_io.live.tool_names import nodes_of, slots_of
from channels_io.models import Conversation, Event, EventKind, Handoff, Leg, OutboundMessage, OwnerChange, Turn
from inference.events import ConversationState
from inference.nodes import EndNode, FlowSpec, Node, Slot, VerifyNode
from inference.spec import decode_spec

Who = Literal["caller", "agent", "person"]

HIDDEN: Final = "•"
"""In a text: something masked stood there."""
MOST_CHARS: Final = 6_000
"""Of a transcript that a model is shown: about 1,500 tokens."""
HEAD_CHARS: Final = 1_500
NAMES: Final[Mapping[Who, str]] = {"caller": "Caller", "agent": "Agent", "person": "Colleague"}
_WHO: Final[Mapping[str, Who]] = {Turn.Role.CALLER: "caller", Turn.Role.AGENT: "agent", Turn.Role.HUMAN: "person"}


@dataclass(frozen=True, slots=True)
class Line:
    who: Who
    text: str

    def __str__(self) -> str:
        return f"{NAMES[self.who]}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`known`: variables of the flow by name. `reached`: ids and names of the nodes that were passed, lower case.

    `today` is the day of the conversation where the workspace is.
    """

    lines: tuple[Line, ...]
    today: date
    settings: AfterCall = field(default_factory=AfterCall)
    known: Mapping[str, str] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    end_reason: str = ""
    flow_end: str = ""
    """The reason of the end node that the flow came to; empty where it came to none."""
    failed: bool = False
    handed_over: bool = False
    wrote_to: bool = False
    """A message was sent beside the talk: what was promised to be sent has been."""
    model: str = "default"
    key: str = ""

    @property
    def spoken(self) -> bool:
        return any(line.who == "caller" and line.text.strip() for line in self.lines)

    @property
    def caller_words(self) -> str:
        return "\n".join(line.text for line in self.lines if line.who == "caller")

    @property
    def all_words(self) -> str:
        return "\n".join(line.text for line in self.lines)


def gather(conversation: Conversation) -> Material:
    """Needs the workspace and the agent with its published version at hand."""
    legs = list(
        Leg.objects.filter(conversation=conversation)
        .select_related("version")
        .defer("peaks")
        .order_by("started_at", "pk")
    )
    last = legs[-1] if legs else None
    flows = _flows(legs)
    slots = [slot for flow in flows for node in nodes_of(flow) for slot in _slots(node)]
    masked = frozenset(slot.name for slot in slots if slot.masked)
    state = _state(conversation.state)
    content = _content(conversation, legs)
    zone = ZoneInfo(conversation.workspace.timezone)
    return Material(
        lines=_lines(conversation),
        today=conversation.started_at.astimezone(zone).date(),
        settings=read_after_call(content),
        known=_known(state, masked),
        masked=masked,
        reached=_reached(conversation, state, content),
        end_reason=last.end_reason if last else "",
        flow_end=_flow_end(flows, state),
        failed=bool(last and last.failed),
        handed_over=_handed_over(conversation, legs),
        wrote_to=OutboundMessage.objects.filter(conversation=conversation, key__startswith="send:").exists(),
        model=str(content.get("chat_model") or "default"),
        key=conversation.public_id,
    )


def shown(lines: tuple[Line, ...], limit: int = MOST_CHARS) -> str:
    """The transcript as a model reads it: of a long one the beginning and, more of it, the end."""
    whole = "\n".join(map(str, lines))
    if len(whole) <= limit:
        return whole
    head, tail = whole[: min(HEAD_CHARS, limit // 2)], whole[-(limit - min(HEAD_CHARS, limit // 2)) :]
    return f"{head.rpartition(chr(10))[0] or head}\n[...]\n{tail.partition(chr(10))[2] or tail}"


def _content(conversation: Conversation, legs: list[Leg]) -> dict[str, Any]:
    """What the agent's maker has published last counts: an outcome that was added yesterday is of use today."""
    published = conversation.agent.published
    version: Version | None = published or next((leg.version for leg in reversed(legs) if leg.version), None)
    return version.draft if version is not None else {}


def _lines(conversation: Conversation) -> tuple[Line, ...]:
    turns = Turn.objects.filter(conversation=conversation).exclude(text="").order_by("at", "leg", "number", "role")
    # A reply carries the number of what it answers, and began after it.
    rows = sorted(turns, key=lambda turn: (turn.leg_id, turn.number, turn.role != Turn.Role.CALLER, turn.at))
    return tuple(Line(_WHO[turn.role], " ".join(turn.text.split())) for turn in rows)


def _state(stored: dict[str, Any]) -> ConversationState:
    try:
        return msgspec.convert(stored, ConversationState)
    except msgspec.MsgspecError:
        return ConversationState()  # Of another release: then only the words count.


def _flows(legs: list[Leg]) -> list[FlowSpec]:
    flows = {leg.version_id: leg.version.agent_spec().flow for leg in legs if leg.version is not None}
    drafts = [decode_spec(leg.spec).flow for leg in legs if leg.spec and leg.version is None]
    return [*flows.values(), *drafts]


def _flow_end(flows: list[FlowSpec], state: ConversationState) -> str:
    ends = (node for flow in flows for node in nodes_of(flow) if isinstance(node, EndNode))
    return next((node.reason for node in ends if node.id in (state.flow.node, state.node)), "")


def _slots(node: Node) -> tuple[Slot, ...]:
    return (node.slot,) if isinstance(node, VerifyNode) else slots_of(node)


def _known(state: ConversationState, masked: frozenset[str]) -> dict[str, str]:
    values: dict[str, Any] = {}
    for frame in state.flow.frames:
        values.update(frame.variables)
    values.update(state.variables)
    values.update(state.flow.variables)
    return {
        name: str(value).strip()
        for name, value in values.items()
        if name not in masked
        and isinstance(value, str | int | float)
        and str(value).strip()
        and HIDDEN not in str(value)
    }


def _passed(conversation: Conversation, state: ConversationState) -> set[str]:
    passed = {node for node, visits in state.flow.visits.items() if visits} | {state.flow.node, state.node} - {""}
    for data in Event.objects.filter(conversation=conversation, kind=EventKind.NODE).values_list("data", flat=True):
        nodes = data.get("nodes") or [data.get("node")]
        passed |= {node for node in nodes if isinstance(node, str)}
    return passed


def _reached(conversation: Conversation, state: ConversationState, content: Mapping[str, Any]) -> frozenset[str]:
    passed = _passed(conversation, state)
    names = {str(node.get("name", "")) for node in _drawn(content) if node.get("id") in passed}
    return frozenset(word.casefold() for word in passed | names if word)


def _drawn(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    flow = content.get("flow") or {}
    return [node for graph in (flow, *flow.get("flows", ())) for node in graph.get("nodes", ())]


def _handed_over(conversation: Conversation, legs: list[Leg]) -> bool:
    """Whether a person had to do with it, or it was meant for one."""
    return (
        any(leg.end_reason == EndReason.TRANSFERRED for leg in legs)
        or conversation.owner == Conversation.Owner.HUMAN
        or Handoff.objects.filter(conversation=conversation).exists()
        or OwnerChange.objects.filter(conversation=conversation).exists()
    )
