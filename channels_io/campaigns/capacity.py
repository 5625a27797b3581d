"""How many more calls the speech workers can take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import redis
from asgiref.sync import async_to_sync
from django.conf import settings

from channels_io.models import PhoneCall
from inference.client import worker_status
from inference.errors import ParleyError
from parley.lib.workers import store
from parley.lib.workers.reserved import serving_of
from parley.lib.workers.store import known_urls

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
    statuses = await asyncio.gather(*(_ready_at(url) for url in await asyncio.to_thread(known_urls)))
    free = sum(max(0, int(each.get("capacity", 0)) - int(each.get("conversations", 0))) for each in statuses)
    return max(0, free - await asyncio.to_thread(_kept, serving_of(each.get("serving", {}) for each in statuses)))


async def _ready_at(url: str) -> dict[str, Any]:
    """What the worker says of itself; nothing when it takes nobody."""
    try:
        async with asyncio.timeout(PATIENCE):
            status = await worker_status(url, settings.PARLEY_WORKER_TOKEN)
    except (TimeoutError, ParleyError):
        return {}
    return status if status.get("ready") else {}


def _kept(serving: Mapping[str, int]) -> int:
    """Places that are kept for whoever calls us: a campaign takes none of them."""
    try:
        return sum(one.unused(serving) for one in store.read().reserved)
    except redis.RedisError:
        return 0
