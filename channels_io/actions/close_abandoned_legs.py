"""Close the legs whose process died without a word."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from channels_io.actions.close_leg import close_leg
from channels_io.end_reasons import EndReason
from channels_io.models import Leg

logger = logging.getLogger(__name__)

AT_ONCE = 1000
"""The next sweep takes the others."""


def close_abandoned_legs(now: datetime | None = None) -> int:
    """Close every open leg that gave no sign of life for PARLEY_ABANDONED_SECONDS; how many there were.

    May run several times at once, and beside the processes whose legs are live.
    """
    limit = (now or timezone.now()) - timedelta(seconds=settings.PARLEY_ABANDONED_SECONDS)
    silent = Leg.objects.filter(ended_at=None, seen_at__lt=limit).order_by("pk")[:AT_ONCE]
    closed = [leg for leg in silent if close_leg(leg, EndReason.ABANDONED, silent_since=limit)]
    for leg in closed:
        logger.warning("Leg %s was abandoned by its process and is closed.", leg.public_id)
    return len(closed)
