"""Looks at this worker four times a second and tells its admission once a second what was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from inference import metrics
from inference.admission import Admission, Observation
from inference.lanes import LANES, PROCESSOR

LOOK_SECONDS = 0.25
LOOKS = 4


class Watch:
    """`calls` tells how many voice conversations are open. Run it on the event loop it is to watch."""

    def __init__(self, admission: Admission, calls: Callable[[], int]) -> None:
        self._admission = admission
        self._calls = calls

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began, processor, own = loop.time(), PROCESSOR.seconds(), time.thread_time()
            lags: list[float] = []
            calls: list[int] = []
            for _ in range(LOOKS):
                due = loop.time() + LOOK_SECONDS
                await asyncio.sleep(LOOK_SECONDS)
                lags.append(max(0.0, loop.time() - due))
                calls.append(self._calls())
                metrics.loop_lag(lags[-1])
            self._admission.observe(
                Observation(
                    seconds=loop.time() - began,
                    calls=sum(calls) / len(calls),
                    processor=PROCESSOR.seconds() - processor,
                    loop=time.thread_time() - own,
                    lag=max(lags),
                    lanes={name: lane.drain() for name, lane in LANES.items()},
                )
            )
            metrics.capacity(self._admission.capacity, self._admission.busy(calls[-1]))
