"""What is kept for whom at this moment: the rows of `ReservedPlaces`, told to all processes over Valkey."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import redis
from django.utils import timezone

from channels_io.models import ReservedPlaces
from parley.lib.workers import store
from parley.lib.workers.reserved import Reserved

logger = logging.getLogger(__name__)


def holds_at(moment: datetime, days: Sequence[int], begins: time | None, ends: time | None) -> bool:
    """`moment` by the clock of the place. A time that goes over midnight belongs to the day it begins on. Pure."""
    if begins is None or ends is None:
        return not days or moment.weekday() in days
    now = moment.time()
    if begins < ends:
        return begins <= now < ends and (not days or moment.weekday() in days)
    if now >= begins:
        return not days or moment.weekday() in days
    return now < ends and (not days or (moment - timedelta(days=1)).weekday() in days)


def holds_now(row: ReservedPlaces, now: datetime | None = None) -> bool:
    moment = (now or timezone.now()).astimezone(ZoneInfo(row.workspace.timezone))
    return row.enabled and holds_at(moment, row.days, row.begins, row.ends)


def reserved_now(now: datetime | None = None) -> list[Reserved]:
    """Of all workspaces."""
    rows = ReservedPlaces.objects.filter(enabled=True).select_related("workspace", "agent")
    return [
        Reserved(row.workspace.public_id, "" if row.agent is None else row.agent.public_id, row.places, row.workers)
        for row in rows
        if holds_now(row, now)
    ]


def tell_reserved() -> list[Reserved]:
    """Let all processes know. Without Valkey they go on with what they know."""
    reserved = reserved_now()
    try:
        store.reserve(reserved)
    except redis.RedisError as error:
        logger.warning("What is reserved cannot be told now: %s", type(error).__name__)
    return reserved
