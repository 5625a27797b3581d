"""The last one to leave: ends every child when the supervisor is gone, however it went.

The supervisor holds the writing end of this process's standard input and names there, one JSON
object a line, what has to end: {"add": pid, "group": true, "signal": 15} and {"drop": pid}. When the
pipe closes (Ctrl-C, a crash, kill -9) every process still named gets its signal, and SIGKILL three
seconds later; then the command named by {"last": [...]} runs, if there is one. Works on Linux and macOS alike, and reaches the children of children, which a
parent-death signal does not. Runs as a plain script: standard library only, no import of ours.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

GRACE = 3.0


@dataclass(frozen=True)
class Ward:
    pid: int
    group: bool
    signal: int

    def send(self, number: int) -> bool:
        """False when nobody is left to receive it."""
        try:
            if self.group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


def watch() -> tuple[dict[int, Ward], list[str]]:
    """Read until the supervisor closes the pipe: what is still to be ended then, and the last command."""
    wards: dict[int, Ward] = {}
    last: list[str] = []
    for line in sys.stdin:
        order = json.loads(line)
        if "last" in order:
            last = order["last"]
        elif "drop" in order:
            wards.pop(order["drop"], None)
        else:
            wards[order["add"]] = Ward(order["add"], order["group"], order["signal"])
    return wards, last


def end(wards: dict[int, Ward]) -> None:
    left = [ward for ward in wards.values() if ward.send(ward.signal)]
    limit = time.monotonic() + GRACE
    while left and time.monotonic() < limit:
        time.sleep(0.05)
        left = [ward for ward in left if ward.send(0)]
    for ward in left:
        ward.send(signal.SIGKILL)


if __name__ == "__main__":
    # Ctrl-C in the terminal is for the supervisor; this process ends when the pipe does.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    found, command = watch()
    end(found)
    if command:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
