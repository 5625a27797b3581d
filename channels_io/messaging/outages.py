"""Work on messages that ends quietly when PostgreSQL goes away: nothing is lost, and the sweeper comes back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)


def riding_out(work: Callable[[], int]) -> int:
    """What `work` returns; 0 when the database went away under it."""
    try:
        return work()
    except (OperationalError, InterfaceError) as error:
        logger.warning("The database is away: messages wait until it is back (%s).", type(error).__name__)
        return 0
