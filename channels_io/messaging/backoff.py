"""How long to wait before trying again: doubling, bounded, with jitter so that many do not come back at once. Pure."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 300.0


def wait_after(attempts: int, *, at_least: float = 0.0, first: float = FIRST_SECONDS) -> timedelta:
    """Before the try that follows `attempts` failed ones: between a half and the whole of 2 s, 4 s, 8 s ... 300 s."""
    whole = min(LONGEST_SECONDS, first * 2 ** max(0, min(attempts, 16) - 1))
    return timedelta(seconds=max(at_least, whole * random.uniform(0.5, 1.0)))  # noqa: S311 -- spreads load, hides nothing
