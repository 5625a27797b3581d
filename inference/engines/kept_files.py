"""Agents' prompt heads as KV cache files on disk: a restarted worker restores them instead of reading them again.

A file's name says all that its bytes depend on (weights, context size, library, the head itself),
so a file that is found is right. A cache that a library takes without looking carries its
checksum: damaged, it could end the process. The folder is bounded; what was used longest ago goes first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_BUDGET = 512 << 20
_CHECKSUM_BYTES = 32


class KeptFiles:
    """Blocking file work: call it from a thread. `folder` None keeps nothing."""

    def __init__(self, folder: Path | None, *, budget: int = _BUDGET) -> None:
        self._folder = folder
        self._budget = budget
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, source: Path) -> None:
        """Copy `source` into the folder, whole or not at all. OSError when the disk says no."""
        if self._folder is None:
            return
        with self._replacing(self._folder / source.name) as partial:
            shutil.copyfile(source, partial)

    def fetch(self, name: str, into: Path) -> bool:
        """Copy the kept file `name` into the folder `into`; False when there is none."""
        if self._folder is None or not (self._folder / name).is_file():
            return False
        source = self._folder / name
        shutil.copyfile(source, into / name)
        source.touch()
        return True

    def put(self, name: str, data: bytes) -> None:
        """Keep `data` with its checksum, whole or not at all. OSError when the disk says no."""
        if self._folder is None:
            return
        with self._replacing(self._folder / name) as partial, partial.open("wb") as sink:
            sink.write(_checksum(data))
            sink.write(data)

    def get(self, name: str) -> bytes:
        """What was put under `name`; empty when nothing was, or it can no longer be read as it was."""
        if self._folder is None or not (self._folder / name).is_file():
            return b""
        path = self._folder / name
        try:
            path.touch()
            stored = path.read_bytes()
        except OSError:
            return b""
        data = stored[_CHECKSUM_BYTES:]
        return data if stored[:_CHECKSUM_BYTES] == _checksum(data) else b""

    def drop(self, name: str) -> None:
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)

    @contextmanager
    def _replacing(self, target: Path) -> Iterator[Path]:
        """A file to write that becomes `target` when it is whole."""
        # Two conversations may keep the same head at once.
        partial = target.with_suffix(f".{os.getpid()}.{uuid4().hex[:8]}.part")
        try:
            yield partial
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        self._make_room(target)

    def _make_room(self, newest: Path) -> None:
        if self._folder is None:
            return
        files = sorted(
            (path for path in self._folder.iterdir() if path.is_file()), key=lambda path: path.stat().st_mtime
        )
        excess = sum(path.stat().st_size for path in files) - self._budget
        for path in files:
            if excess <= 0:
                return
            if path != newest:
                excess -= path.stat().st_size
                path.unlink(missing_ok=True)


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECKSUM_BYTES).digest()
