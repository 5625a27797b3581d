"""When nobody has asked a model for long, its weights move to main memory; the next request brings them back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from inference.engines import vllm_stats
from inference.engines.vllm_core import Core

log = logging.getLogger(__name__)


class Sleep:
    """`busy`: whether anything is asked. `woken` is called when the model is back, with an empty cache."""

    def __init__(self, core: Core, seconds: float, *, busy: Callable[[], bool], woken: Callable[[], None]) -> None:
        self._core = core
        self._seconds = seconds
        self._busy = busy
        self._woken = woken
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.asleep = False

    def disturb(self) -> None:
        """Something is asked."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def rest(self) -> None:
        """Something is done: fall asleep when nothing else comes for long enough."""
        self.disturb()
        if self._seconds > 0 and not self._busy():
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    async def awake(self) -> None:
        """Returns when the model can be asked."""
        if not self.asleep and not self._turn.locked():
            return
        async with self._turn:
            if not self.asleep:
                return
            began = time.monotonic()
            await self._core.wake()
            self.asleep = False
            seconds = time.monotonic() - began
            vllm_stats.woke(seconds)
            log.info("vLLM woke in %.0f ms", seconds * 1000)
        self._woken()

    async def close(self) -> None:
        self.disturb()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._fall_asleep())

    async def _fall_asleep(self) -> None:
        async with self._turn:
            if self._busy() or self.asleep:
                return
            await self._core.sleep()
            self.asleep = True
            vllm_stats.fell_asleep()
            log.info("vLLM sleeps: the weights are in main memory")
