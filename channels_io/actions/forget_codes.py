"""Wipe one-time codes that have served: the digest, and the message that carried the digits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from channels_io.code_text import HIDDEN
from channels_io.messaging.content import TextContent, to_json
from channels_io.models import OneTimeCode, OutboundMessage

KEPT: Final = timedelta(days=2)
"""The rows are what limits are counted by."""
AT_ONCE: Final = 500


def wipe(codes: QuerySet[OneTimeCode], now: datetime) -> None:
    """These codes are good no more. A message that still waits is not sent; one that went is emptied."""
    rows = list(codes.values_list("pk", "workspace"))
    if not rows:
        return
    OneTimeCode.objects.filter(pk__in=[pk for pk, _ in rows], expires_at__gt=now).update(expires_at=now)
    OneTimeCode.objects.filter(pk__in=[pk for pk, _ in rows]).update(digest="")
    messages = OutboundMessage.objects.filter(
        workspace__in={workspace for _, workspace in rows},
        key__in=[OneTimeCode.key_of(pk) for pk, _ in rows],
    )
    with transaction.atomic():
        locked = messages.select_for_update(of=("self",))
        for message in locked:
            if message.state == OutboundMessage.State.WAITING:
                message.state = OutboundMessage.State.CANCELED
            message.content = to_json(TextContent(HIDDEN))
            message.save(update_fields=["state", "content", "updated_at"])


def forget_codes(now: datetime | None = None) -> int:
    """Wipe what has expired and delete what is old; how many rows were worked on. May run several times at once."""
    now = now or timezone.now()
    expired = OneTimeCode.objects.filter(expires_at__lt=now).exclude(digest="").order_by("pk")[:AT_ONCE]
    worked = list(expired.values_list("pk", flat=True))
    wipe(OneTimeCode.objects.filter(pk__in=worked), now)
    gone, _ = OneTimeCode.objects.filter(sent_at__lt=now - KEPT).delete()
    return len(worked) + gone
