"""What was to be done is done; or it was not, after all."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_io.announce import announce
from channels_io.models import FollowUp
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def finish_follow_up(actor: Actor, follow_up: FollowUp, *, done: bool = True) -> FollowUp:
    """Idempotent. Raises PermissionDenied."""
    require(actor, Permission.OPERATE)
    rows = FollowUp.objects.of(actor.workspace).select_related("conversation")
    row = rows.select_for_update(of=("self",)).get(pk=follow_up.pk)
    if (row.done_at is not None) != done:
        row.done_at, row.done_by = (timezone.now(), actor.user) if done else (None, None)
        row.save(update_fields=["done_at", "done_by", "updated_at"])
        audit(actor, "follow_up.done" if done else "follow_up.reopened", row)
        announce(actor.workspace, row.conversation, "analysis")
    return row
