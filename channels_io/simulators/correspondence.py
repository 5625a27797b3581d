"""Somebody at a terminal who writes to an agent and reads whatever comes, whenever it comes: an answer, or a person of the team."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from channels_io.simulators.texting import FIRST_SECONDS, MORE_SECONDS, Got, Texter

LOOK_SECONDS = 0.1


async def converse(
    texter: Texter,
    next_line: Callable[[], Awaitable[str | None]],
    show: Callable[[Got], None],
    *,
    first_seconds: float = FIRST_SECONDS,
    more_seconds: float = MORE_SECONDS,
) -> bool:
    """Send each line until there is none (None), and stay until nothing more is expected. Whether the last line was
    followed by anything within `first_seconds`; True without a line. Raises NotTaken.
    """
    reading = asyncio.create_task(_show(texter, show))
    before = -1
    try:
        while (line := await next_line()) is not None:
            before = len(texter.got())
            await texter.send(line, None)
        return before < 0 or await _followed(texter, before, first_seconds, more_seconds)
    finally:
        await asyncio.sleep(2 * LOOK_SECONDS)  # What came last is shown too.
        reading.cancel()


async def _show(texter: Texter, show: Callable[[Got], None]) -> None:
    shown = len(texter.got())
    while True:
        got = texter.got()
        for each in got[shown:]:
            show(each)
        shown = len(got)
        await asyncio.sleep(LOOK_SECONDS)


async def _followed(texter: Texter, before: int, first_seconds: float, more_seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    ends, seen = loop.time() + first_seconds, before
    while loop.time() < ends:
        if len(texter.got()) > seen:
            seen = len(texter.got())
            ends = loop.time() + more_seconds
        await asyncio.sleep(LOOK_SECONDS)
    return seen > before
