"""Somebody of the team has looked at a conversation, or wants it to stand out again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_io.announce import announce
from channels_io.models import Conversation
from channels_io.reads.inbox_filters import UNREAD
from parley.accounts.actor import Actor
from parley.accounts.permissions import Permission, require


@transaction.atomic
def mark_read(actor: Actor, conversation: Conversation, *, read: bool = True) -> bool:
    """Whether it changed how the conversation stands. Not audited: it says what was looked at, and nothing is done.

    Raises PermissionDenied: who only looks on leaves the team's marks as they are.
    """
    require(actor, Permission.OPERATE)
    row = Conversation.objects.of(actor.workspace).filter(pk=conversation.pk)
    stands = row.filter(UNREAD) if read else row.exclude(UNREAD)
    changed = bool(stands.update(read_at=timezone.now() if read else None))
    if changed:
        announce(actor.workspace, conversation, "status")
    return changed
