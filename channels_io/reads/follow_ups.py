"""What has to be done after conversations."""

from __future__ import annotations

from django.db.models import F, QuerySet

from channels_io.models import FollowUp
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace

SHOWN = ("open", "mine", "done")


def follow_ups(actor: Actor, shown: str) -> QuerySet[FollowUp]:
    """`shown`: open (what is due first, first), mine (of these, whoever asks), done (the newest first)."""
    rows = FollowUp.objects.of(actor.workspace).select_related(
        "conversation__contact", "conversation__agent", "assignee"
    )
    if shown == "done":
        return rows.filter(done_at__isnull=False).select_related("done_by").order_by("-done_at", "-pk")
    rows = rows.filter(done_at=None)
    if shown == "mine":
        rows = rows.filter(assignee=actor.user) if actor.user is not None else rows.none()
    return rows.order_by(F("due_on").asc(nulls_last=True), "created_at", "pk")


def open_count(workspace: Workspace) -> int:
    return FollowUp.objects.of(workspace).filter(done_at=None).count()
