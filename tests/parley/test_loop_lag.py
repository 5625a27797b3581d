from __future__ import annotations

import asyncio

from parley.loop_lag import LoopLag
from tests.support.virtual_time import VirtualLoop, run_virtual


def test_a_blocked_loop_is_seen() -> None:
    lags: list[float] = []

    async def leg() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        with LoopLag(lags.append, every=0.25).measured():
            await asyncio.sleep(0.6)
            loop.now += 0.5  # Something held the loop for so long.
            await asyncio.sleep(0.1)

    run_virtual(leg())
    assert [round(lag, 6) for lag in lags] == [0.0, 0.0, 0.35]


def test_it_is_measured_once_and_as_long_as_somebody_asks() -> None:
    lags: list[float] = []

    async def legs() -> None:
        lag = LoopLag(lags.append, every=1.0)
        with lag.measured():
            with lag.measured():
                await asyncio.sleep(2.5)
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        assert len(lags) == 3
        with lag.measured():
            await asyncio.sleep(1.5)

    run_virtual(legs())
    assert len(lags) == 4
