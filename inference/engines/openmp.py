"""How the OpenMP threads of the language models' libraries wait for each other."""

from __future__ import annotations

import os

SPIN_COUNT = "5000"
"""Turns a thread waits at a barrier before it sleeps (GOMP_SPINCOUNT). The default is 300,000: as soon
as another process takes one of the cores, every barrier then burns the other core for milliseconds
while the thread it waits for cannot run, and a token takes seconds. With 1,000 it sleeps at nearly every
one, and being woken costs: a token takes 50 ms instead of 41."""


def sleep_at_barriers() -> None:
    """Call it before the library is loaded, which reads this once. A value of the operator's own stays."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
