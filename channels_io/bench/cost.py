"""What processes used, read from /proc: processor seconds and resident memory of a process and its children."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_seconds: float
    rss_mb: float


def usage(pids: Iterable[int], proc: Path = Path("/proc")) -> Usage | None:
    """Sum over the processes and all below them; None where there is no /proc or none of them lives."""
    parents: dict[int, list[int]] = {}
    facts: dict[int, tuple[float, float]] = {}
    for folder in proc.glob("[0-9]*"):
        try:
            # The command name is in parentheses and may hold spaces: count from the last one.
            values = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(folder.name)
        parents.setdefault(int(values[1]), []).append(pid)
        facts[pid] = ((int(values[11]) + int(values[12])) / _TICKS, int(values[21]) * _PAGE / 1024**2)
    wanted = [pid for pid in pids if pid in facts]
    if not wanted:
        return None
    seen: set[int] = set()
    while wanted:
        pid = wanted.pop()
        if pid not in seen:
            seen.add(pid)
            wanted += parents.get(pid, [])
    return Usage(sum(facts[pid][0] for pid in seen), sum(facts[pid][1] for pid in seen))
