"""A simulator beside a test that blocks: it runs in a loop of its own thread.

with in_thread(TwilioSimulator()) as (twilio, run):
    run(twilio.sms("Hello", to_webhook=url))
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

Entered = TypeVar("Entered")
SECONDS = 60.0

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def in_thread(simulator: AbstractAsyncContextManager[Entered]) -> Iterator[tuple[Entered, Run]]:
    """(what entering it gave, a function that runs a coroutine of it and waits)"""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulator")
    thread.start()

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(SECONDS)

    try:
        entered = run(_enter(simulator))
        try:
            yield entered, run
        finally:
            run(_leave(simulator))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _enter(simulator: AbstractAsyncContextManager[Entered]) -> Entered:
    return await simulator.__aenter__()


async def _leave(simulator: AbstractAsyncContextManager[Any]) -> None:
    await simulator.__aexit__(None, None, None)
