"""The audit trail. Call it inside the transaction that does the thing: both are there, or neither."""

from __future__ import annotations

from typing import Any

from django.db import models

from parley.accounts.actor import Actor
from parley.accounts.models import AuditEvent


def audit(actor: Actor, verb: str, target: models.Model, **data: Any) -> AuditEvent:
    """Write who did `verb` to `target`. `data` is JSON and carries no secret, no message text, no phone number."""
    event = AuditEvent(
        workspace=actor.workspace,
        actor=actor.label[:200],
        user=actor.user,
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=str(getattr(target, "public_id", None) or target.pk or ""),
        data=data,
    )
    event.save()
    return event
