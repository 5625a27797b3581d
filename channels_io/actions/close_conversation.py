"""Put a conversation away, and take it out again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_io.actions.held_conversation import held_conversation
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.after.due import look_soon
from channels_io.announce import announce
from channels_io.models import Conversation, Handoff, Leg
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def close_conversation(actor: Actor, conversation: Conversation) -> bool:
    """Whether this call did it. The contact's next words open it again; a call that goes on is not ended.

    A hand-off that waits while nobody is on the line any more is over with it. Raises PermissionDenied.
    """
    require(actor, Permission.OPERATE)
    held = held_conversation(actor, conversation)
    if held.status == Conversation.Status.CLOSED:
        look_soon(held)  # Closed by itself, after a message: then nobody had said yet that it is over.
        return False
    now = timezone.now()
    if not Leg.objects.filter(conversation=held, ended_at=None).exists():
        waiting = Handoff.objects.filter(conversation=held, state=Handoff.State.WAITING)
        waiting.update(state=Handoff.State.LEFT, ended_at=now)
    held.status, held.closed_at = Conversation.Status.CLOSED, now
    held.save(update_fields=["status", "closed_at", "updated_at"])
    settle_waiting(Conversation.objects.filter(pk=held.pk))
    look_soon(held)
    audit(actor, "conversation.closed", held)
    announce(actor.workspace, held, "status")
    return True


@transaction.atomic
def reopen_conversation(actor: Actor, conversation: Conversation) -> bool:
    """Whether this call did it. Raises PermissionDenied."""
    require(actor, Permission.OPERATE)
    held = held_conversation(actor, conversation)
    if held.status == Conversation.Status.OPEN:
        return False
    held.status, held.closed_at = Conversation.Status.OPEN, None
    held.save(update_fields=["status", "closed_at", "updated_at"])
    settle_waiting(Conversation.objects.filter(pk=held.pk))
    audit(actor, "conversation.reopened", held)
    announce(actor.workspace, held, "status")
    return True
