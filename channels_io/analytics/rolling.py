"""Keeps the figures true: the last hours every few minutes, the last days every night, all of the past when asked."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from channels_io.analytics.counting import keep_figures
from channels_io.models import Conversation, Figures
from parley.accounts.models import Workspace

logger = logging.getLogger(__name__)

HOURS: Final = 26
"""Counted anew each time: analyses and hand-offs change what an hour came to for a while."""
DAYS: Final = 2
LONGEST: Final = 750


def count_recent(now: datetime | None = None, *, days: int = DAYS) -> int:
    """Of every workspace. Returns how many rows were written. Idempotent."""
    moment = now or timezone.now()
    written = 0
    for workspace in Workspace.objects.order_by("pk"):
        if _talks(workspace, moment - timedelta(days=days + 1)):
            written += count_workspace(workspace, moment, days=days)
    return written


def count_workspace(workspace: Workspace, now: datetime, *, days: int) -> int:
    """The last `days` days, today included, and the hours of the last two of them at most."""
    zone = ZoneInfo(workspace.timezone)
    hour = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    begin = hour - timedelta(hours=min(HOURS, days * 24))
    written = keep_figures(workspace, Figures.Unit.HOUR, begin, hour + timedelta(hours=1))
    today = day_of(now, zone)
    tomorrow = day_of(today + timedelta(hours=36), zone)
    first = day_of(today - timedelta(days=min(days, LONGEST)) + timedelta(hours=12), zone)
    return written + keep_figures(workspace, Figures.Unit.DAY, first, tomorrow)


def day_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """When its day began there."""
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _talks(workspace: Workspace, since: datetime) -> bool:
    return Conversation.objects.of(workspace).filter(last_at__gte=since, test=False).exists()
