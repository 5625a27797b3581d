"""Find what nobody was woken for: the broker forgot it, a process died with it, or its time has come."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from channels_io.messaging.reports import take_report
from channels_io.messaging.wake import ANSWER, DELIVER, wake
from channels_io.models import InboundEvent, OutboundMessage, Thread

logger = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""What is beyond it is found by the next round."""
LATE: Final = timedelta(seconds=3)
"""What is due for less has been woken for, and is about to be taken."""


def sweep_messages() -> int:
    """Idempotent. Returns how many threads somebody was woken for."""
    threads = _unanswered()
    for thread in threads:
        wake(ANSWER, thread)
    unsent = _unsent()
    for thread in unsent:
        wake(DELIVER, thread)
    _take_reports()
    return len(threads) + len(unsent)


def _unanswered() -> list[int]:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Thread.objects.filter(free, due_at__lte=now - LATE).order_by("due_at")
    return list(due.values_list("pk", flat=True)[:AT_ONCE])


def _unsent() -> list[int]:
    """Threads whose oldest waiting message is due and in nobody's hands."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = OutboundMessage.objects.filter(state=OutboundMessage.State.WAITING)
    older = waiting.filter(thread=OuterRef("thread"), pk__lt=OuterRef("pk"))
    heads = waiting.filter(free, due_at__lte=now - LATE).exclude(Exists(older)).order_by("due_at")
    return list(heads.values_list("thread", flat=True)[:AT_ONCE])


def _take_reports() -> None:
    rows = InboundEvent.objects.filter(
        state=InboundEvent.State.WAITING, kind=InboundEvent.Kind.STATUS, due_at__lte=timezone.now()
    )
    for event in rows.order_by("due_at")[:AT_ONCE]:
        take_report(event)
