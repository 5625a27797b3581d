"""What is known of whoever is at the other end of a number."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from channels_io.models import Channel, OptOut, Spending, Thread
from parley.accounts.models import Workspace

ANSWER_HOURS = 24


def digest_of(workspace: Workspace, number: str) -> str:
    """Stands for the number where it is only counted."""
    return salted_hmac("parley.spending", f"{workspace.pk}:{number}", algorithm="sha256").hexdigest()


def has_opted_out(workspace: Workspace, what: Spending.What, spellings: Collection[str]) -> bool:
    return OptOut.objects.filter(workspace=workspace, scope=what.value, address__in=spellings).exists()


def wrote_lately(channel: Channel | None, spellings: Collection[str], now: datetime) -> bool:
    """Whether this person's last message on the channel is at most a day old."""
    if channel is None:
        return False
    since = now - timedelta(hours=ANSWER_HOURS)
    return Thread.objects.filter(channel=channel, address__in=spellings, heard_at__gte=since).exists()
