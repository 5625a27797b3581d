"""A process that does nothing but sleep: `python -m channels_io.bench.watcher`, until its input closes.

It wakes at fixed moments with the driver's own priority and writes down how late it was. Whatever
makes it late makes the driver late too and is neither the driver's work nor the server's: a virtual
machine whose processor is taken away for a while ("steal"). Its findings go to standard output.
"""

from __future__ import annotations

import gc
import select
import sys
import time
from pathlib import Path

import msgspec

from channels_io.bench.driver import hurry, lateness_of
from channels_io.bench.records import Stalls

STEP = 0.02
"""As often as the driver sends: a watcher that wakes more often would take time from what is measured."""
CPU_LINE = Path("/proc/stat")
_STEAL = 8
_TICKS_A_SECOND = 100


def steal_seconds(path: Path = CPU_LINE) -> float:
    """Since the machine started."""
    try:
        fields = path.read_text().split("\n", 1)[0].split()
    except OSError:
        return 0.0
    return int(fields[_STEAL]) / _TICKS_A_SECOND if len(fields) > _STEAL else 0.0


def watch() -> Stalls:
    """Until standard input ends."""
    urgent, before = hurry(), steal_seconds()
    late: list[float] = []
    due = time.monotonic()
    while True:
        due += STEP
        time.sleep(max(0.0, due - time.monotonic()))
        late.append(max(0.0, time.monotonic() - due))
        if select.select([sys.stdin], [], [], 0)[0]:
            return Stalls(lateness_of(late), round(steal_seconds() - before, 2), urgent)


if __name__ == "__main__":
    gc.freeze()
    gc.disable()
    sys.stdout.buffer.write(msgspec.json.encode(watch()))
