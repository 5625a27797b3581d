"""How many more calls the speech workers can take."""

from __future__ import annotations

import asyncio
from typing import Final

from asgiref.sync import async_to_sync
from django.conf import settings

from channels_io.models import PhoneCall
from inference.client import worker_status
from inference.errors import ParleyError

PATIENCE: Final = 2.0
"""Seconds for a worker to answer; one that does not has no room."""
_NOT_YET = (PhoneCall.Status.PLANNED, PhoneCall.Status.QUEUED, PhoneCall.Status.RINGING)


def free_lines() -> int:
    """Over all workers, less the calls that we have begun and that nobody has taken yet."""
    dialling = PhoneCall.objects.filter(
        direction=PhoneCall.Direction.OUTBOUND, ended_at=None, status__in=_NOT_YET
    ).count()
    return async_to_sync(_free)() - dialling


async def _free() -> int:
    return sum(await asyncio.gather(*(_free_at(url) for url in settings.PARLEY_WORKERS)))


async def _free_at(url: str) -> int:
    try:
        async with asyncio.timeout(PATIENCE):
            status = await worker_status(url, settings.PARLEY_WORKER_TOKEN)
    except (TimeoutError, ParleyError):
        return 0
    if not status.get("ready"):
        return 0
    return max(0, int(status.get("capacity", 0)) - int(status.get("conversations", 0)))
