"""One worker as it described itself last. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class WorkerCard(msgspec.Struct, frozen=True, kw_only=True):
    """`seen_at`: seconds of the clock that all cards share. `url` is what conversations are opened at."""

    url: str
    name: str = ""
    version: str = ""
    profile: str = ""
    ready: bool = False
    draining: bool = False
    problem: str = ""
    """Why it could not load, for people."""
    capacity: int = 0
    """Calls it takes at present."""
    capacity_reason: str = ""
    conversations: int = 0
    """Calls that are open."""
    text_capacity: int = 0
    text_conversations: int = 0
    load: float = 0.0
    """0 to 1: the most of places, processor and waits."""
    waiting_ms: float = 0.0
    models: dict[str, tuple[str, ...]] = {}
    """Names of models by role."""
    agents: tuple[str, ...] = ()
    """Agents that it was told to keep ready."""
    resident: dict[str, str] = {}
    """agent → digest of the prompt head that it holds."""
    serving: dict[str, int] = {}
    """"workspace:agent" → calls that are open."""
    announced: bool = False
    """It told us itself; otherwise it was asked at a configured address."""
    seen_at: float = 0.0

    @property
    def takes(self) -> bool:
        """Whether it takes anybody at all."""
        return self.ready and not self.draining

    def free(self, kind: str = "voice") -> int:
        """Places that are left: of calls, or of exchanges of messages."""
        if kind == "text":
            return max(0, self.text_capacity - self.text_conversations)
        return max(0, self.capacity - self.conversations)


def card_of(url: str, status: Mapping[str, Any], *, announced: bool, seen_at: float) -> WorkerCard:
    """From a worker's `/status`. What is missing or not understood counts as not said: workers may be older or newer."""
    known = {name: status[name] for name in _PLAIN if name in status}
    told = {
        **known,
        "models": _models(status.get("engines")),
        "url": url,
        "announced": announced,
        "seen_at": seen_at,
    }
    try:
        return msgspec.convert(told, WorkerCard)
    except msgspec.ValidationError:
        least = {name: told[name] for name in ("url", "announced", "seen_at")}
        return WorkerCard(**least, name=str(status.get("name", ""))[:80], problem="Its status is not understood.")


_PLAIN = frozenset(WorkerCard.__struct_fields__) - {"url", "models", "announced", "seen_at"}


def _models(engines: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for engine in engines if isinstance(engines, list) else []:
        role, model = (engine.get("role"), engine.get("model")) if isinstance(engine, dict) else (None, None)
        if isinstance(role, str) and isinstance(model, str):
            found[role] = (*found.get(role, ()), model)
    return found
