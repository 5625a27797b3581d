"""A call that was cut off and goes on runs what it ran before, whatever was published meanwhile."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from agents.models import Version
from channels_io.end_reasons import EndReason
from channels_io.models import Conversation

REJOIN_SECONDS = 180
"""Who comes back later begins a new call, with the version that is live then."""

CUT_OFF: tuple[str, ...] = (
    "",
    EndReason.LOST,
    EndReason.REPLACED,
    EndReason.SLOW_READER,
    EndReason.WORKER_LOST,
    EndReason.NO_WORKER,
    EndReason.SHUTDOWN,
    EndReason.ABANDONED,
    EndReason.FAILED,
)
"""Ends that nobody meant; "" is a leg that has not noticed yet."""


def version_of_cut_off_leg(conversation: Conversation) -> Version | None:
    """The version that the conversation's last leg ran, when it was cut off a moment ago."""
    last = conversation.legs.select_related("version").order_by("-pk").first()
    if last is None or last.end_reason not in CUT_OFF:
        return None
    cut_at = last.ended_at or last.seen_at
    return last.version if timezone.now() - cut_at < timedelta(seconds=REJOIN_SECONDS) else None
