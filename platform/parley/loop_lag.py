"""How late the event loop runs a timer: the first sign that a process is overloaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from parley import metrics

EVERY_SECONDS = 0.25


class LoopLag:
    """Measures the loops on which somebody asked for it, and only as long as somebody does."""

    def __init__(self, observe: Callable[[float], None], every: float = EVERY_SECONDS) -> None:
        """`observe` gets seconds."""
        self._observe = observe
        self._every = every
        self._wanted: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
        self._watches: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure the running loop meanwhile. Any number may ask at once: it is measured once."""
        loop = asyncio.get_running_loop()
        self._wanted[loop] = self._wanted.get(loop, 0) + 1
        if self._wanted[loop] == 1:
            self._watches[loop] = loop.create_task(self._watch(loop))
        try:
            yield
        finally:
            self._wanted[loop] -= 1
            if not self._wanted[loop]:
                self._watches.pop(loop).cancel()

    async def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            due = loop.time() + self._every
            await asyncio.sleep(self._every)
            self._observe(max(0.0, loop.time() - due))


LOOP_LAG = LoopLag(metrics.LOOP_LAG.observe)
"""Of this process, for /metrics."""
