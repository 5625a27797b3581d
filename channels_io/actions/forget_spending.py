"""Old counts and refusals go; the sums of days stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from channels_io.models import Refusal, Spending

KEPT = timedelta(days=100)


def forget_spending(now: datetime | None = None) -> int:
    """How many rows went. A call or message older than this is not asked for again under its key."""
    limit = (now or timezone.now()) - KEPT
    spent, _by_model = Spending.objects.filter(at__lt=limit).delete()
    refused, _by_model = Refusal.objects.filter(at__lt=limit).delete()
    return spent + refused
