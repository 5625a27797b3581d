"""Celery: what has to happen to the record though no call is at it."""

from __future__ import annotations

from celery import shared_task

from channels_io.actions.close_abandoned_legs import close_abandoned_legs


@shared_task(ignore_result=True)
def sweep_legs() -> int:
    """Idempotent. Returns how many abandoned legs were closed."""
    return close_abandoned_legs()
