"""Workers as they describe themselves, for tests."""

from __future__ import annotations

from typing import Any

from parley.lib.workers.card import WorkerCard


def card(name: str, **more: Any) -> WorkerCard:
    told: dict[str, Any] = {"ready": True, "capacity": 10, "text_capacity": 80, **more}
    return WorkerCard(url=f"http://{name}", name=name, **told)
