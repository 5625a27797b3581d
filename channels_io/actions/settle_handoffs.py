"""What a change of owner means for the hand-offs of a conversation: whoever took it over has taken them."""

from __future__ import annotations

from django.utils import timezone

from channels_io.models import Conversation, Handoff
from channels_io.outgoing import emit
from channels_io.reads.handoffs import handoff_json
from parley.accounts.models import User

BACK = ("given_back", "lost", "ended")


def settle_handoffs(locked: Conversation, user: User | None, by: str) -> None:
    """In the transaction that changes the owner of the `locked` conversation to `user`, None: to the agent."""
    now = timezone.now()
    rows = Handoff.objects.filter(conversation=locked).select_related("team", "taken_by")
    if user is not None:
        for row in rows.filter(state=Handoff.State.WAITING).select_for_update(of=("self",)):
            row.state, row.taken_by, row.taken_at = Handoff.State.TAKEN, user, now
            row.save(update_fields=["state", "taken_by", "taken_at", "updated_at"])
            emit(locked.workspace, "handoff.taken", locked, handoff_json(row), f"handoff:{row.public_id}:taken")
    elif by in BACK:
        rows.filter(state=Handoff.State.TAKEN, ended_at=None).update(state=Handoff.State.RETURNED, ended_at=now)
