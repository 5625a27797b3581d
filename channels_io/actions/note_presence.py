"""Somebody of the team is at the inbox, and takes conversations or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from channels_io.announce import announce
from channels_io.models import OperatorPresence
from parley.accounts.actor import Actor
from parley.accounts.permissions import Permission, require

FRESH: Final = timedelta(seconds=45)
"""Who was seen within it is there: pages say so every 20 s."""


@transaction.atomic
def note_presence(actor: Actor, *, available: bool | None = None) -> None:
    """`available` None: as it was said before. Not audited: it is a sign of life. The pages are told only when somebody comes or changes their mind.

    Raises PermissionDenied: whoever may not take a conversation over is not waited for.
    """
    require(actor, Permission.TAKE_OVER)
    if actor.user is None:
        return
    now = timezone.now()
    # Another process may write the same row at the same moment: then it has said it.
    before = OperatorPresence.objects.filter(workspace=actor.workspace, user=actor.user).first()
    takes = available if available is not None else before is None or before.available
    OperatorPresence.objects.bulk_create(
        [OperatorPresence(workspace=actor.workspace, user=actor.user, available=takes, seen_at=now)],
        update_conflicts=True,
        unique_fields=["workspace", "user"],
        update_fields=["available", "seen_at"],
    )
    if before is None or before.available != takes or before.seen_at < now - FRESH:
        announce(actor.workspace, None, "presence")
