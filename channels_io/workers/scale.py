"""How many workers there should be. Pure; `signal_now` reads what it needs.

Enough for the calls that are open, the callers who wait and the places that are kept, so that each worker is busy to
`busy` of its places; as many as an agent is to be kept ready on; never fewer than `least` nor more than `most`. With
`least` 0 the last worker may go when nobody has wanted anything for `sleep_seconds`: whoever comes then wakes one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from parley.lib.workers import store
from parley.lib.workers.card import WorkerCard
from parley.lib.workers.reserved import Reserved, serving_of
from parley.lib.workers.store import Shelf

DEFAULT_PLACES = 4
"""Of a worker, while none says how many it has."""


@dataclass(frozen=True, slots=True)
class Rules:
    least: int = 1
    most: int = 16
    busy: float = 0.7
    sleep_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Signal:
    """`wanted` workers, and what that follows from. `there`: workers that are not about to stop."""

    wanted: int
    there: int
    ready: int
    calls: int
    waiting: int
    kept: int
    """Reserved places that nobody has taken."""
    places_each: int
    reason: str
    """"calls", "reserved", "kept ready", "least", "most" or "asleep"."""


def scale_signal(
    cards: Sequence[WorkerCard],
    reserved: Sequence[Reserved],
    rules: Rules,
    *,
    waiting: int = 0,
    idle_seconds: float = math.inf,
) -> Signal:
    """`idle_seconds`: since somebody last wanted a conversation."""
    staying = [card for card in cards if not card.draining]
    ready = [card for card in staying if card.ready]
    calls = sum(card.conversations for card in cards)  # Of those that stop, too: they come to the others.
    kept = sum(one.unused(serving_of(card.serving for card in cards)) for one in reserved)
    places = min((card.capacity for card in ready if card.capacity > 0), default=DEFAULT_PLACES)
    each = max(1.0, places * rules.busy)
    for_calls = math.ceil((calls + waiting) / each)
    candidates = [
        (for_calls, "calls"),
        (math.ceil((calls + waiting) / each + kept / places) if kept else 0, "reserved"),
        (max((one.workers for one in reserved), default=0), "kept ready"),
        (rules.least, "least"),
    ]
    wanted, reason = max(candidates, key=lambda candidate: candidate[0])
    if wanted == 0:
        wanted, reason = (0, "asleep") if idle_seconds >= rules.sleep_seconds else (1, "calls")
    if wanted > rules.most:
        wanted, reason = rules.most, "most"
    return Signal(wanted, len(staying), len(ready), calls, waiting, kept, places, reason)


def rules_set() -> Rules:
    return Rules(
        least=settings.PARLEY_WORKERS_LEAST,
        most=settings.PARLEY_WORKERS_MOST,
        busy=settings.PARLEY_WORKERS_BUSY_PERCENT / 100,
        sleep_seconds=settings.PARLEY_WORKERS_SLEEP_MINUTES * 60.0,
    )


def signal_now() -> Signal:
    """Of the workers that announced themselves. Raises redis.RedisError."""
    return signal_of(store.read())


def signal_of(shelf: Shelf, cards: Sequence[WorkerCard] | None = None) -> Signal:
    """`cards`: of workers that did not announce themselves, too."""
    idle = shelf.now - shelf.wanted_at if shelf.wanted_at else math.inf
    cards = shelf.fresh if cards is None else cards
    return scale_signal(cards, shelf.reserved, rules_set(), waiting=shelf.waiting, idle_seconds=idle)


def as_json(signal: Signal) -> dict[str, Any]:
    """`workers_wanted` is the figure to scale by."""
    return {"workers_wanted": signal.wanted, **asdict(signal)}
