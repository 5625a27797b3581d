"""The caller's silence: how long it lasts after the agent's last word, and when to do something about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from inference.spec import AgentSpec

SECONDS = 8.0
"""In a flow, which may have something to say to it."""


def patience(spec: AgentSpec) -> float:
    """Seconds of silence after which the caller is spoken to; 0: never."""
    return spec.turns.silence_prompt_ms / 1000 or (SECONDS if len(spec.flow.nodes) > 1 else 0.0)


class Quiet:
    """Calls `report` once when nobody has said anything for as long as it was told to wait."""

    def __init__(self, tasks: asyncio.TaskGroup, report: Callable[[], None]) -> None:
        self._tasks = tasks
        self._report = report
        self._waiting: asyncio.Task[None] | None = None

    def begin(self, seconds: float) -> None:
        """Count from now; 0: not at all."""
        self.end()
        if seconds:
            self._waiting = self._tasks.create_task(self._wait(seconds))

    def end(self) -> None:
        """Somebody says something."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting is not asyncio.current_task():
            waiting.cancel()

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._report()
