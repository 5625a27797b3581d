"""Since when a conversation waits for a person: worked out from what is true, in one place."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from channels_io.models import Conversation, Handoff, Turn
from channels_io.registry import kinds


def settle_waiting(conversations: QuerySet[Conversation]) -> None:
    """Set or clear `waits_since`. To be called in the transaction that changed an owner, a hand-off, the words or the status.

    An open one waits while a hand-off waits, or while a person owns it, it is written and not spoken, and the contact's
    words are the last. It waits since it first did: nothing that waits already is moved.
    """
    handed = Exists(Handoff.objects.filter(conversation=OuterRef("pk"), state=Handoff.State.WAITING))
    written = [kind.name for kind in kinds() if kind.media == "text"]
    unanswered = Q(owner=Conversation.Owner.HUMAN, last_role=Turn.Role.CALLER, last_kind__in=written)
    waiting = Q(status=Conversation.Status.OPEN) & (Q(handed) | unanswered)
    conversations.filter(waiting, waits_since=None).update(waits_since=Coalesce(F("heard_at"), timezone.now()))
    conversations.exclude(waiting).exclude(waits_since=None).update(waits_since=None)
