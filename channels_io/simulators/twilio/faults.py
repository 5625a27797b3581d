"""What goes wrong on purpose, as data: shares of chance from one seed, or a fault forced for the next occasion. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

HookFault = Literal["duplicate", "swap", "delay", "drop"]
RestFault = Literal["accept_then_time_out", "server_error", "too_many"]
Fault = HookFault | RestFault | Literal["half_open"]

HOOK_FAULTS: Final[tuple[HookFault, ...]] = ("drop", "swap", "delay")
"""One of them at most happens to a webhook; a duplicate comes on top."""
REST_FAULTS: Final[tuple[RestFault, ...]] = ("accept_then_time_out", "server_error", "too_many")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares from 0 to 1.

    Of webhooks of `kinds`: `duplicate` is sent a second time `duplicate_seconds` later, `swap` waits until the next one of
    the same person or call has gone first (or `swap_seconds`), `delay` waits up to `delay_seconds`, `drop` never leaves.
    Of requests that create something: `accept_then_time_out` does it and never answers, `server_error` answers 503 and
    `too_many` 429 before anything is done. `half_open_after`: so long after its start every media stream goes dead
    without being closed.
    """

    seed: int = 0
    duplicate: float = 0.0
    duplicate_seconds: float = 0.05
    swap: float = 0.0
    swap_seconds: float = 1.0
    delay: float = 0.0
    delay_seconds: float = 0.3
    drop: float = 0.0
    kinds: frozenset[str] = frozenset({"message", "message-status", "call-status"})
    accept_then_time_out: float = 0.0
    server_error: float = 0.0
    too_many: float = 0.0
    half_open_after: float | None = None


@dataclass(frozen=True, slots=True)
class HookFate:
    """`hold`: seconds to wait, or None to wait for the next one of its lane."""

    duplicate: bool = False
    swap: bool = False
    drop: bool = False
    hold: float = 0.0


NO_FATE = HookFate()


@dataclass(slots=True)
class Chance:
    """Decides; the same seed and the same order of questions give the same faults."""

    faults: Faults = field(default_factory=Faults)
    _random: Random = field(init=False)
    _forced: deque[Fault] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._random = Random(self.faults.seed)

    def change(self, faults: Faults) -> None:
        """From now on these, from the beginning of their seed."""
        self.faults = faults
        self._random = Random(faults.seed)

    def force(self, fault: Fault, times: int = 1) -> None:
        """At the next `times` occasions where it can happen, whatever the shares are."""
        self._forced.extend([fault] * times)

    def of_hook(self, kind: str) -> HookFate:
        if kind not in self.faults.kinds:
            return NO_FATE
        # Drawn whether or not they are used: one share does not shift what another seed decides.
        copies, first, seconds = self._random.random(), self._random.random(), self._random.random()
        faults = self.faults
        duplicate = self._take("duplicate") or copies < faults.duplicate
        drop = self._take("drop") or first < faults.drop
        swap = not drop and (self._take("swap") or faults.drop <= first < faults.drop + faults.swap)
        late = faults.drop + faults.swap
        delay = not drop and not swap and (self._take("delay") or late <= first < late + faults.delay)
        return HookFate(duplicate and not drop, swap, drop, seconds * faults.delay_seconds if delay else 0.0)

    def of_request(self) -> RestFault | None:
        """For a request that creates something."""
        for fault in REST_FAULTS:
            if self._take(fault):
                return fault
        drawn = self._random.random()
        for fault in REST_FAULTS:
            share: float = getattr(self.faults, fault)
            if drawn < share:
                return fault
            drawn -= share
        return None

    def half_open_after(self) -> float | None:
        """Seconds after which the media stream that now begins goes dead; None = never."""
        if self._take("half_open"):
            return self.faults.half_open_after or 0.0
        return self.faults.half_open_after

    def _take(self, fault: Fault) -> bool:
        if fault not in self._forced:
            return False
        self._forced.remove(fault)
        return True
