"""When to answer somebody who may still be typing. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

LIMIT_SECONDS: Final = 5.0
"""Whoever goes on and on is answered so long after the first message."""


def due_at(now: datetime, first: datetime | None, quiet: float) -> datetime:
    """When what waits is answered if nothing more comes: `quiet` seconds after the last message, which came now.

    `first`: when the first of what waits came; None: nothing waited.
    """
    latest = (first or now) + timedelta(seconds=max(LIMIT_SECONDS, quiet))
    return max(now, min(now + timedelta(seconds=quiet), latest))
