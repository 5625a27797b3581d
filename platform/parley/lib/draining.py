"""Is this process about to stop? Then it takes no new calls, and goes on with those it has."""

from __future__ import annotations

from threading import Event
from typing import Final

_DRAINING: Final = Event()


def begin_draining() -> None:
    _DRAINING.set()


def is_draining() -> bool:
    return _DRAINING.is_set()
