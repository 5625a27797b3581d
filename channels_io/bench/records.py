"""What the driver process observed, as it hands it to the command: JSON, times in milliseconds."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from inference.events import Span


class TurnRecord(Struct, frozen=True):
    """One utterance and the answer to it, as the caller saw them."""

    clip: str
    kind: str
    call: int
    position: int
    """0 = first turn of its call."""
    heard: str = ""
    said: str = ""
    v2v_ms: float | None = None
    """From the last audible sample sent to the first audible one received; None when nothing came."""
    spans: tuple[Span, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    cut_off: bool = False
    """The agent became audible, or took the turn, before the caller had finished."""
    right: bool | None = None
    """Whether the answer holds an expected word; None where nothing is expected."""

    @property
    def missed(self) -> bool:
        return self.v2v_ms is None and not self.cut_off


class BargeInRecord(Struct, frozen=True):
    """From the first voiced sample sent; None when it never happened."""

    clip: str
    ducked_ms: float | None = None
    silent_ms: float | None = None
    heard: str = ""


class BackChannelRecord(Struct, frozen=True):
    clip: str
    stopped: bool
    """The agent's reply was cleared before it was done, even if it went on later."""


class Lateness(Struct, frozen=True):
    """How late frames left the driver, in milliseconds."""

    frames: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class RunRecord(Struct, frozen=True):
    """All of one run of the driver."""

    turns: tuple[TurnRecord, ...] = ()
    barge_ins: tuple[BargeInRecord, ...] = ()
    back_channels: tuple[BackChannelRecord, ...] = ()
    skipped: tuple[str, ...] = ()
    """Clips that had no agent speech to fall into: the reply was too short."""
    not_played: tuple[str, ...] = ()
    """Clips that a refused or broken call kept from being played."""
    lateness_ms: Lateness = Lateness()
    call_seconds: float = 0.0
    """Sum over calls."""
    problems: tuple[str, ...] = ()


def decode_run(data: bytes) -> RunRecord:
    return msgspec.json.decode(data, type=RunRecord)


def encode_run(run: RunRecord) -> bytes:
    return msgspec.json.encode(run)
