"""What follows from how an attempt ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from channels_io.campaigns.plan import Breaker, Retry, RetryOutcome

REACHED: Final = frozenset({"answered", "message_left", "sent", "delivered", "read"})
"""Ends with which a line is done."""
BROKEN: Final = frozenset({"failed"})
"""Ends that are the carrier's or ours to answer for, not the person's: what a breaker counts."""


def retry_at(outcome: str, attempts: int, retries: Mapping[RetryOutcome, Retry], now: datetime) -> datetime | None:
    """When to try again after the attempt number `attempts` ended like this; None: never."""
    for name, retry in retries.items():
        if name == outcome:
            return now + timedelta(minutes=retry.after) if attempts <= retry.times else None
    return None


def is_broken(outcomes: Sequence[str], breaker: Breaker) -> bool:
    """`outcomes` of the last attempts, newest first. With fewer than it looks at, a breaker holds still."""
    last = outcomes[: breaker.of]
    if len(last) < breaker.of:
        return False
    return sum(outcome in BROKEN for outcome in last) * 100 >= breaker.percent * len(last)
