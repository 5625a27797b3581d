"""Try a dead letter again: a message that could not be answered, or one that could not be sent."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from channels_io.messaging.wake import ANSWER, DELIVER, wake
from channels_io.models import InboundEvent, OutboundMessage, Thread
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

SENDABLE = (OutboundMessage.State.DEAD, OutboundMessage.State.FAILED, OutboundMessage.State.REFUSED)


def retry_sending(actor: Actor, message: OutboundMessage) -> bool:
    """It waits to be sent again, checked anew. False when it is not one that was given up, refused or failed.

    One whose outcome is unknown is looked up at the provider first.
    """
    require(actor, Permission.OPERATE)
    with transaction.atomic():
        row = OutboundMessage.objects.select_for_update().get(pk=message.pk, workspace=actor.workspace)
        if row.state not in SENDABLE:
            return False
        audit(actor, "message.retried", row, was=row.state, code=row.error_code)
        if row.state == OutboundMessage.State.FAILED:
            row.provider_id = ""  # What the provider refused is over; the new try gets an id of its own.
        row.state, row.attempts, row.due_at = OutboundMessage.State.WAITING, 0, timezone.now()
        row.error_code = row.error = ""
        row.save()
        transaction.on_commit(partial(wake, DELIVER, row.thread_id))
    message.refresh_from_db()
    return True


def retry_answering(actor: Actor, event: InboundEvent) -> bool:
    """It waits to be answered again. False when it is no message that was given up."""
    require(actor, Permission.OPERATE)
    with transaction.atomic():
        found = InboundEvent.objects.select_related("thread").get(pk=event.pk, workspace=actor.workspace)
        if found.thread is None:
            return False
        thread = Thread.objects.select_for_update().get(pk=found.thread.pk)
        row = InboundEvent.objects.select_for_update(of=("self",)).get(pk=found.pk)
        if row.state != InboundEvent.State.DEAD:
            return False
        audit(actor, "inbound.retried", row, error=row.error)
        together = InboundEvent.objects.filter(thread=thread, state=InboundEvent.State.DEAD)
        same = together.filter(thought=row.thought) if row.thought else together.filter(pk=row.pk)
        same.update(state=InboundEvent.State.WAITING, attempts=0, error="", done_at=None)
        thread.due_at, thread.attempts = timezone.now(), 0
        thread.save(update_fields=["due_at", "attempts"])
        transaction.on_commit(partial(wake, ANSWER, thread.pk))
    event.refresh_from_db()
    return True
