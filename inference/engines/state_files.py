"""KV caches put aside as files in memory: agents' prefixes, and conversations that lost their slot.

The folder is private to this process and goes with it; folders of processes that died without
tidying up are removed at the next start. The total is bounded: what was used longest ago goes
first, and whoever misses it reads its prompt again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import OrderedDict
from pathlib import Path

_MARK = "parley-kv-"
_BUDGET = 1 << 30


def _memory_folder() -> Path:
    """The memory file system where there is a roomy one, else the ordinary folder for such files."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    try:
        if shutil.disk_usage(memory).free >= 2 * _BUDGET:
            return memory
    except OSError:
        pass
    return Path(tempfile.gettempdir())


def _remove_orphans(parent: Path) -> None:
    for folder in parent.glob(f"{_MARK}*"):
        pid = folder.name.removeprefix(_MARK).split("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


class StateFiles:
    """File names and sizes in one folder, least recently used first."""

    def __init__(self, parent: Path | None = None, *, budget: int = _BUDGET) -> None:
        parent = parent or _memory_folder()
        _remove_orphans(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_MARK}{os.getpid()}-", dir=parent))
        self._budget = budget
        self._sizes: OrderedDict[str, int] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def use(self, name: str) -> None:
        """It was just read: keep it longest."""
        self._sizes.move_to_end(name)

    def added(self, name: str) -> None:
        """The file `name` was just written; makes room by dropping the oldest others."""
        self._sizes[name] = (self.folder / name).stat().st_size
        self._sizes.move_to_end(name)
        while sum(self._sizes.values()) > self._budget and len(self._sizes) > 1:
            self.drop(next(iter(self._sizes)))

    def drop(self, name: str) -> None:
        self._sizes.pop(name, None)
        with contextlib.suppress(OSError):
            (self.folder / name).unlink()

    def close(self) -> None:
        self._sizes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
