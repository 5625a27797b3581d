"""Send an event to an endpoint once more: at once where it waits, anew where it was given up or has arrived."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from channels_io.messaging.wake import wake
from channels_io.models import Delivery
from channels_io.outgoing.events import DELIVER
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def replay_delivery(actor: Actor, delivery: Delivery) -> Delivery:
    """The row that is due now: this one, or of a settled one a new row with the same `webhook-id`."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    row = Delivery.objects.of(actor.workspace).select_for_update().get(pk=delivery.pk)
    now = timezone.now()
    if row.state != Delivery.State.WAITING:
        row = Delivery.objects.create(
            workspace=actor.workspace,
            endpoint=row.endpoint,
            conversation=row.conversation,
            event=row.event,
            key=f"again:{now.timestamp():.6f}:{row.key}"[:200],
            body=row.body,
            due_at=now,
        )
    else:
        row.due_at = now
        row.save(update_fields=["due_at", "updated_at"])
    audit(actor, "delivery.replayed", row, event=row.event, endpoint=row.endpoint.public_id)
    transaction.on_commit(partial(wake, DELIVER, row.pk))
    return row
