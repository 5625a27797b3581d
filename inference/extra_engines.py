"""Models that a worker has beside the one of its profile: PARLEY_CHAT_MODELS, PARLEY_TRANSCRIBER_MODELS,
PARLEY_SYNTHESIZER_MODELS, comma lists of catalogue names.

They are loaded one after another while the worker serves already. One that there is no memory for, or that cannot be
loaded, is left out, and `status` says why: agents that name it use the worker's own model.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from inference.catalogue.entries import Resolved, named
from inference.engines.base import Engine, EngineInfo, EngineRole
from inference.errors import ParleyError

log = logging.getLogger(__name__)

ROLES: Final[tuple[EngineRole, ...]] = ("chat", "transcriber", "synthesizer")
ROOM_FACTOR: Final = 1.3
"""What a model takes in memory, as a multiple of its files: its caches come on top."""
KEPT_FREE: Final = 512 << 20
"""Bytes that stay free for the rest of the machine."""

Create = Callable[[EngineRole, Resolved], Engine]


def wanted(environ: Mapping[str, str] = os.environ) -> list[tuple[EngineRole, str]]:
    """(role, name), in the order of the lists, each once."""
    pairs = [
        (role, name.strip())
        for role in ROLES
        for name in environ.get(f"PARLEY_{role.upper()}_MODELS", "").split(",")
        if name.strip()
    ]
    return list(dict.fromkeys(pairs))


def free_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that a new process may use without swapping; None where the system does not tell."""
    try:
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def lacks_room(chosen: Resolved, free: int | None) -> str:
    """Why there is no room for it; "" when there is, or when it cannot be told."""
    size = chosen.model.size if chosen.model is not None else _size_of(chosen.name)
    needed = int(size * ROOM_FACTOR) + KEPT_FREE
    if free is None or not size or needed <= free:
        return ""
    return f"{chosen.name} needs about {needed >> 20} MiB of memory, and {free >> 20} MiB are free."


def _size_of(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


class ExtraEngines:
    """By role and name. `refused`: why a wanted one is not here."""

    def __init__(self, create: Create, *, free: Callable[[], int | None] = free_memory) -> None:
        self._create = create
        self._free = free
        self._engines: dict[tuple[EngineRole, str], Engine] = {}
        self.refused: dict[str, str] = {}

    async def load(self, loaded: Callable[[], Awaitable[None]] | None = None) -> None:
        """Load what is wanted. Never raises for a model that cannot be had. `loaded` is told after each."""
        for role, name in wanted():
            try:
                chosen = named(role, name, f"PARLEY_{role.upper()}_MODELS")
                if problem := lacks_room(chosen, self._free()):
                    raise ParleyError(problem, code="no_memory")
                engine = await asyncio.to_thread(self._create, role, chosen)
                await engine.load()
            except (ParleyError, ImportError, OSError) as error:
                self.refused[name] = str(error)
                log.warning("The %s %s is left out: %s", role, name, error)
                continue
            self._engines[role, name] = engine
            log.info("Loaded %s beside the default: %s", role, engine.info.model)
            if loaded is not None:
                await loaded()

    def find(self, role: EngineRole, name: str) -> Engine | None:
        """By the name in the list, the model's own, or the engine's kind."""
        engine = self._engines.get((role, name))
        if engine is not None:
            return engine
        of_role = [each for (known, _), each in self._engines.items() if known == role]
        return next((each for each in of_role if name in (each.info.model, each.info.kind)), None)

    def infos(self) -> list[EngineInfo]:
        return [engine.info for engine in self._engines.values()]

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.close()
        self._engines.clear()
