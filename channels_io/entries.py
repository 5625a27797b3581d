"""What the recorder of a live leg hands to `record_entries`: frozen, without ORM, sent in batches.

`seq` is the recorder's own counter: unique and increasing within one leg, starting at 1. It makes
writing idempotent and free of order: an entry that arrives twice is one row, and of two entries
about the same thing the one with the higher `seq` stays, whichever is written first. A recorder that
is uncertain whether a batch was committed sends it again.

Every text may hold whatever the wire carried; NUL and lone surrogates are removed when it is stored.
Offsets (`*_ms`) count milliseconds from the start of the leg; `at` is the wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from inference.events import ConversationState, Span
from inference.used import Use


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerTurn:
    """What the caller said or typed as turn `number` (wire: Heard)."""

    seq: int
    number: int
    text: str
    source: Literal["voice", "text", "dtmf"] = "voice"
    message_id: str = ""
    """The sender's own name for a typed message; one that the conversation has already is not written again."""
    started_ms: int = 0
    ended_ms: int = 0
    """First and last audible sample; for typed text both are the moment it arrived."""
    language: str = ""
    """Which of the agent's languages it was read in, where that was to be noticed."""
    language_probability: float = 0.0
    at: datetime = field(default_factory=_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTurn:
    """What was said in answer to turn `number`; number 0 is the greeting.

    Sent when the reply is complete and again when it is settled what was heard of it (wire: State
    with `reply_turn`): each entry replaces the whole of the one before it.
    """

    seq: int
    number: int
    text: str
    """As heard. Until that is settled: as written."""
    full_text: str = ""
    """As written by the model; empty = the same as `text`."""
    cut: bool = False
    """The reply was interrupted before its end."""
    source: Literal["voice", "text"] = "voice"
    role: Literal["agent", "human"] = "agent"
    """`human`: an operator who took the conversation over."""
    by: str = ""
    """That operator's public id."""
    started_ms: int = 0
    ended_ms: int = 0
    """When its first and last sample were played (text: shown)."""
    at: datetime = field(default_factory=_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTiming:
    """The waterfall of the reply to turn `number`: contiguous spans that add up to the wait."""

    seq: int
    number: int
    v2v_ms: float | None = None
    """From the caller's last audible sample to the first audible sample of the reply on the wire.
    None when nobody spoke: the turn was typed, or the reply was never heard."""
    spans: tuple[Span, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    guesses_wasted: int = 0
    """Answers begun since the turn before and dropped, because the caller went on."""
    filler: bool = False
    """The answer was late: a filler was said first, and is what the wait ends at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnUse:
    """Which engines worked for one side's turn, and what they did: all that is known so far, not what is new."""

    seq: int
    number: int
    role: Literal["caller", "agent", "human"]
    used: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSnapshot:
    """The worker's resumable state after a turn; the newest one of the newest leg is kept."""

    seq: int
    state: ConversationState


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """Something that happened beside the turns: a tool call, a failure, a hand-over.

    `kind` is one of `channels_io.models.EventKind`, or a channel's own word. `data` must be JSON-safe.
    Failures carry {"code", "message"}; tool calls {"call", "name", "arguments"}; results {"call", "ok", "result"}.
    """

    seq: int
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    at_ms: int = 0
    at: datetime = field(default_factory=_now)


Entry = CallerTurn | AgentTurn | TurnTiming | TurnUse | StateSnapshot | EventEntry


def missed_budget(v2v_ms: float | None, *, filler: bool, budget_ms: float) -> bool:
    """The caller waited longer than the budget for an answer: a filler is none. Typed turns have no budget."""
    return v2v_ms is not None and (filler or v2v_ms > budget_ms)
