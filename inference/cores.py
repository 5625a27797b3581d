"""Processor cores: how many this process may use, and how many threads a language model computes with."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

QUOTA = Path("/sys/fs/cgroup/cpu.max")
MOST_THREADS: Final = 8
"""More of them wait for each other longer than they compute."""


def cores(quota: Path = QUOTA) -> float:
    """Processor cores this process may use, by its affinity and its container's quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no control group, or "max": no quota
        most, period = quota.read_text().split()[:2]
        return min(float(allowed), int(most) / int(period))
    return float(allowed)


def model_threads() -> int:
    """`PARLEY_MODEL_THREADS`, or a thread a core: a model whose threads must take turns on a core computes a tenth of it."""
    wanted = os.environ.get("PARLEY_MODEL_THREADS", "")
    return max(1, int(wanted)) if wanted.isdecimal() else max(1, min(MOST_THREADS, int(cores())))
