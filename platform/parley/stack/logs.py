"""One log file per child under var/log, with rotation, and the end of it when something goes wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROTATE_BYTES = 10 * 1024 * 1024
KEEP = 3


def rotate(path: Path, *, limit: int = ROTATE_BYTES) -> bool:
    """Copy a grown log to `.1` (older ones move up to `.3`) and truncate it; True when it did.

    Truncation in place is safe because children write in append mode, and it lets them keep their
    open file: nothing has to run between a child and its log.
    """
    try:
        if path.stat().st_size < limit:
            return False
    except FileNotFoundError:
        return False
    for number in range(KEEP - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)
    return True


def tail(path: Path, *, lines: int = 12, since: int = 0) -> str:
    """The last lines of a log, looking no further back than byte `since`."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0 if since > size else since, size - 64 * 1024)
            file.seek(start)
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])
