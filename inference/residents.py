"""Whose prompt heads this worker holds ready: those it was told to keep, and those that were talked to lately."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from inference.errors import EngineError
from inference.spec import AgentSpec, prefix_digest

log = logging.getLogger(__name__)

MOST_ADOPTED = 16
"""Agents that nobody asked to keep here and that were talked to here."""

Warm = Callable[[AgentSpec], Awaitable[object]]


class Residents:
    """`warm` reads the head of an agent's prompt into the language model that it asks for."""

    def __init__(self, warm: Warm) -> None:
        self._warm = warm
        self._kept: dict[str, AgentSpec] = {}
        self._adopted: OrderedDict[str, str] = OrderedDict()
        self._warming: set[asyncio.Task[None]] = set()

    @property
    def kept(self) -> list[str]:
        """Public ids, in order."""
        return sorted(self._kept)

    def keep(self, specs: Sequence[AgentSpec]) -> None:
        """These are warm now, and stay."""
        self._kept = {spec.agent: spec for spec in specs}

    def digests(self) -> dict[str, str]:
        """What is warm: agent → digest of its head. A new version of an agent may have another head."""
        return dict(self._adopted) | {agent: prefix_digest(spec) for agent, spec in self._kept.items()}

    def holds(self, spec: AgentSpec) -> bool:
        digest = prefix_digest(spec)
        kept = self._kept.get(spec.agent)
        return self._adopted.get(spec.agent) == digest or (kept is not None and prefix_digest(kept) == digest)

    def adopt(self, spec: AgentSpec) -> None:
        """A conversation with this agent begins here: the next one finds its head. Never waits, never raises."""
        if self.holds(spec):
            if spec.agent in self._adopted:
                self._adopted.move_to_end(spec.agent)
            return
        task = asyncio.create_task(self._adopt(spec))
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    async def _adopt(self, spec: AgentSpec) -> None:
        try:
            await self._warm(spec)
        except EngineError as error:
            log.warning("The prompt head of %s was not kept (%s)", spec.agent, error.code)
            return
        self._adopted[spec.agent] = prefix_digest(spec)
        self._adopted.move_to_end(spec.agent)
        while len(self._adopted) > MOST_ADOPTED:
            self._adopted.popitem(last=False)

    def close(self) -> None:
        for task in self._warming:
            task.cancel()
