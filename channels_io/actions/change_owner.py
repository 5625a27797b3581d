"""The one place where a conversation changes hands: the row locked, its number grown by one, the change written down."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from channels_io.actions.settle_handoffs import settle_handoffs
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.announce import announce, tell_leg
from channels_io.models import Conversation, OwnerChange
from channels_io.outgoing import emit
from parley.accounts.actor import Actor, system_actor
from parley.accounts.audit import audit
from parley.accounts.models import User, Workspace


def locked_conversation(workspace: Workspace, conversation: int) -> Conversation:
    """By primary key, inside a transaction. Raises Conversation.DoesNotExist."""
    rows = Conversation.objects.of(workspace).select_for_update(of=("self",))
    found: Conversation = rows.select_related("workspace", "agent").get(pk=conversation)
    return found


def change_owner(
    actor: Actor, locked: Conversation, *, user: User | None, by: str, node: str = "", people: bool = False
) -> Conversation:
    """`locked` belongs to `user` now, or to the agent (None). To be called with the row locked, and only for a change.

    `people`: without a `user` it waits for whoever takes it, and no agent answers. `by` is a word of `OwnerChange.by`. Audited and announced; the leg that runs is told to read the row.
    """
    people = people or user is not None
    locked.owner = Conversation.Owner.HUMAN if people else Conversation.Owner.AI
    locked.owner_user, locked.owner_at = user, timezone.now()
    locked.owner_number += 1
    if people and locked.state:  # Until a worker has said so: whoever goes on then knows of it.
        locked.state = {**locked.state, "owner": locked.owner}
    if people:  # It is somebody's work again.
        locked.status, locked.closed_at = Conversation.Status.OPEN, None
    changed = ["owner", "owner_user", "owner_at", "owner_number", "state", "status", "closed_at", "updated_at"]
    locked.save(update_fields=changed)
    OwnerChange.objects.create(
        workspace=locked.workspace,
        conversation=locked,
        number=locked.owner_number,
        owner=locked.owner,
        user=user,
        by=by[:20],
        node=node[:80],
        at=locked.owner_at,
    )
    audit(actor, "conversation.owner", locked, owner=locked.owner, by=by, number=locked.owner_number, node=node)
    settle_handoffs(locked, user, by)
    settle_waiting(Conversation.objects.filter(pk=locked.pk))
    announce(locked.workspace, locked, "owner")
    note = {"do": "owner", "number": locked.owner_number}
    transaction.on_commit(partial(tell_leg, locked.public_id, note), robust=True)
    body = {"owner": locked.owner, "by": by, "user": user.public_id if user else None}
    key = f"owner:{locked.public_id}:{locked.owner_number}"
    emit(locked.workspace, "owner.changed", locked, body, key)
    return locked


def lose_owner(conversation: int, number: int, by: str = "lost") -> bool:
    """The agent has it back because its person is gone; False when owner number `number` is not the newest any more."""
    with transaction.atomic():
        row = Conversation.objects.select_related("workspace").filter(pk=conversation).first()
        if row is None:
            return False
        locked = locked_conversation(row.workspace, conversation)
        if locked.owner != Conversation.Owner.HUMAN or locked.owner_number != number:
            return False
        change_owner(system_actor(row.workspace), locked, user=None, by=by)
    return True
