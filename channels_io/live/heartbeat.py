"""Says of a live leg, now and then, that its process lives: a leg that falls silent is closed by the sweeper."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from channels_io.models import Leg

logger = logging.getLogger(__name__)

BEAT_SECONDS = 20.0


async def keep_alive(leg: Leg, beaten: Callable[[], None] = lambda: None) -> None:
    """Until cancelled; `beaten` is called at each beat. A database that is away costs a beat, never the call."""
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        beaten()
        try:
            await database_sync_to_async(_beat)(leg)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Leg %s could not say that it lives: %s", leg.public_id, error)


def _beat(leg: Leg) -> None:
    Leg.objects.filter(pk=leg.pk).update(seen_at=timezone.now())
