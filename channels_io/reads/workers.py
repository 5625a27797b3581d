"""What the speech workers say of themselves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from inference.client import worker_status
from inference.errors import ParleyError
from parley.lib.workers.store import known_urls

STATUS_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """`status` is what the worker says of itself; None when it does not answer."""

    number: int
    status: dict[str, Any] | None
    code: str = ""

    @property
    def ready(self) -> bool:
        return bool(self.status and self.status.get("ready"))

    @property
    def full(self) -> bool:
        status = self.status or {}
        return self.ready and int(status.get("conversations", 0)) >= int(status.get("capacity", 1))


async def worker_rows() -> list[WorkerRow]:
    """All that are configured or announced themselves, asked at once: a dead one holds up nothing."""
    urls = await asyncio.to_thread(known_urls)
    return list(await asyncio.gather(*(_ask_worker(number, url) for number, url in enumerate(urls, start=1))))


async def _ask_worker(number: int, url: str) -> WorkerRow:
    try:
        async with asyncio.timeout(STATUS_SECONDS):
            return WorkerRow(number, await worker_status(url, settings.PARLEY_WORKER_TOKEN))
    except TimeoutError:
        return WorkerRow(number, None, "worker_timeout")
    except ParleyError as error:
        return WorkerRow(number, None, error.code)
