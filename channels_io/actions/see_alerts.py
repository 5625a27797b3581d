"""Somebody has looked at an alert: it is out of the way until its cause comes again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_io.models import Alert
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def see_alert(actor: Actor, alert: Alert) -> None:
    """Idempotent. Raises PermissionDenied."""
    require(actor, Permission.OPERATE)
    if Alert.objects.filter(pk=alert.pk, workspace=actor.workspace, seen_at=None).update(seen_at=timezone.now()):
        audit(actor, "alert.seen", alert, kind=alert.kind)


@transaction.atomic
def see_all_alerts(actor: Actor) -> int:
    """How many there were. Raises PermissionDenied."""
    require(actor, Permission.OPERATE)
    seen = Alert.objects.of(actor.workspace).filter(seen_at=None).update(seen_at=timezone.now())
    if seen:
        audit(actor, "alerts.seen", actor.workspace, count=seen)
    return seen
