"""Hand-offs whose time is over, or whose caller has gone."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels_io.actions.change_owner import locked_conversation
from channels_io.actions.nobody_came import nobody_came, words_for_nobody
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.actions.speak_for_agent import speak_for_agent
from channels_io.announce import announce
from channels_io.messaging.waking import lock_threads, wake_agent
from channels_io.models import Conversation, Handoff, Leg
from channels_io.reads.live_leg import is_live, spec_of_conversation

logger = logging.getLogger(__name__)

AT_ONCE: Final = 100
HELD: Final = "hold:"
"""What the keys begin with of hand-offs whose flow waits with the caller: it says itself that nobody came."""
HELD_LONGER: Final = timedelta(seconds=3)
"""Such a flow looks by itself; it is left that much time to be the one."""


def expire_handoffs() -> int:
    """Idempotent. Returns how many were ended."""
    now = timezone.now()
    late = Q(due_at__lte=now) & ~Q(key__startswith=HELD) | Q(due_at__lte=now - HELD_LONGER)
    gone = Q(leg__media=Leg.Media.VOICE, leg__ended_at__isnull=False)
    rows = Handoff.objects.filter(late | gone, state=Handoff.State.WAITING).order_by("due_at")
    return sum(end_handoff(pk) for pk in rows.values_list("pk", flat=True)[:AT_ONCE])


def end_handoff(pk: int, *, speak: bool = True) -> bool:
    """Whether this call ended the hand-off (primary key): its caller has left, or nobody came. `speak`: the contact is told."""
    with transaction.atomic():
        found = Handoff.objects.select_related("conversation").filter(pk=pk).first()
        if found is None:
            return False
        lock_threads(found.conversation)
        conversation = locked_conversation(found.workspace, found.conversation_id)
        rows = Handoff.objects.select_related("team__workspace", "leg", "workspace", "taken_by")
        row = rows.select_for_update(of=("self",)).get(pk=pk)
        if row.state != Handoff.State.WAITING:
            return False
        if row.leg is not None and row.leg.media == Leg.Media.VOICE and row.leg.ended_at is not None:
            _left(row, conversation)
            return True
        silent = conversation.owner == Conversation.Owner.HUMAN
        nobody_came(row)
        if speak and not row.key.startswith(HELD):
            spec = spec_of_conversation(conversation)
            words = words_for_nobody(row, spec.language if spec is not None else "en")
            if words:
                speak_for_agent(conversation, words, key=f"nobody:{row.public_id}")
        if silent and not is_live(conversation):
            wake_agent(conversation)
    return True


def _left(row: Handoff, conversation: Conversation) -> None:
    row.state, row.ended_at = Handoff.State.LEFT, timezone.now()
    row.save(update_fields=["state", "ended_at", "updated_at"])
    settle_waiting(Conversation.objects.filter(pk=conversation.pk))
    announce(conversation.workspace, conversation, "handoff")
