"""Who writes what and when. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

OURS = "+15550100000"
"""Fictional, like every number here."""


@dataclass(frozen=True, slots=True)
class Planned:
    at: float
    """Seconds after the start."""
    sender: str
    words: str
    """One token that nobody else says."""


def plan(messages: int, people: int, rate: float, seed: int = 1) -> list[Planned]:
    """`messages` by `people` in turn by chance, `rate` a second on average, in the order of time.

    Arrivals are open: what was sent does not wait for what was answered. Gaps are exponential, as callers' are.
    """
    chance = random.Random(seed)  # noqa: S311 -- a plan, not a secret
    senders = [sender_of(number) for number in range(people)]
    said = dict.fromkeys(senders, 0)
    planned, at = [], 0.0
    for number in range(messages):
        # Everybody writes at least once.
        sender = senders[number] if number < people else chance.choice(senders)
        said[sender] += 1
        planned.append(Planned(at, sender, f"p{senders.index(sender):04d}m{said[sender]:05d}"))
        at += chance.expovariate(rate)
    return planned


def sender_of(number: int) -> str:
    """A mobile number that the guards let pass; nobody is called, the carrier is made of code."""
    return f"+35386{1_000_000 + number * 37}"
