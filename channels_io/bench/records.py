"""What the driver process observed, as it hands it to the command: JSON, times in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence

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
    """From the first voiced sample sent; None when it never happened.

    An agent that was only held for a moment and went on with its reply did not fall silent.
    """

    clip: str
    ducked_ms: float | None = None
    silent_ms: float | None = None
    heard: str = ""


class BackChannelRecord(Struct, frozen=True):
    clip: str
    stopped: bool
    """The agent's reply was cleared before it was done, or had not gone on two seconds after the caller's sound."""
    held_ms: float | None = None
    """How long the agent was silent before it went on; None when it was not held, or never went on."""


class CutRecord(Struct, frozen=True):
    """A reply that the caller interrupted, as it sounded here until it fell silent."""

    clip: str
    conversation: str
    turn: int
    pcm: bytes
    """16-bit mono at 24 kHz."""


class Lateness(Struct, frozen=True):
    """How late frames left the driver, or a sleeper that does nothing else was woken, in milliseconds."""

    frames: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class Stalls(Struct, frozen=True):
    """What the machine did to a process that wants nothing."""

    lateness_ms: Lateness = Lateness()
    steal_seconds: float = 0.0
    """Processor time that the host gave to others, all cores together; 0 where it is not told."""
    urgent: bool = False
    """It ran before everything else, so nothing on this machine can have delayed it."""


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
    greetings_ms: tuple[float, ...] = ()
    """From the open socket to the first audible sample of the greeting, a call each."""
    cuts: tuple[CutRecord, ...] = ()
    refused: int = 0
    """Calls that were not taken."""
    driver_cpu_seconds: float = 0.0
    driver_urgent: bool = False
    """The driver ran before everything else: what made it late was the machine."""


def merged(runs: Sequence[RunRecord]) -> RunRecord:
    """What several drivers saw at the same time, as one run. Lateness: the worst of each figure."""
    late = [run.lateness_ms for run in runs if run.lateness_ms.frames]
    return RunRecord(
        turns=tuple(turn for run in runs for turn in run.turns),
        barge_ins=tuple(item for run in runs for item in run.barge_ins),
        back_channels=tuple(item for run in runs for item in run.back_channels),
        skipped=tuple(name for run in runs for name in run.skipped),
        not_played=tuple(name for run in runs for name in run.not_played),
        lateness_ms=Lateness(
            sum(each.frames for each in late),
            max((each.p50 for each in late), default=0.0),
            max((each.p99 for each in late), default=0.0),
            max((each.max for each in late), default=0.0),
        ),
        call_seconds=sum(run.call_seconds for run in runs),
        problems=tuple(text for run in runs for text in run.problems),
        greetings_ms=tuple(ms for run in runs for ms in run.greetings_ms),
        cuts=tuple(cut for run in runs for cut in run.cuts),
        refused=sum(run.refused for run in runs),
        driver_cpu_seconds=sum(run.driver_cpu_seconds for run in runs),
        driver_urgent=all(run.driver_urgent for run in runs),
    )


def decode_run(data: bytes) -> RunRecord:
    return msgspec.json.decode(data, type=RunRecord)


def encode_run(run: RunRecord) -> bytes:
    return msgspec.json.encode(run)
