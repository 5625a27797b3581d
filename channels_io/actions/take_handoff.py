"""Take what waits: the conversation and its hand-off in one. Of two who press at once, one gets it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.change_owner import locked_conversation
from channels_io.actions.take_over import take_over
from channels_io.models import Conversation, Handoff
from channels_io.owner_errors import AlreadyTaken
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def take_handoff(actor: Actor, handoff: Handoff) -> Conversation:
    """The conversation, the actor's now. Idempotent for the same person.

    Raises PermissionDenied; AlreadyTaken, also when it is over: somebody was faster, the caller has left, or nobody came in
    time; Conversation.DoesNotExist when it was erased meanwhile.
    """
    require(actor, Permission.TAKE_OVER)
    locked = locked_conversation(actor.workspace, handoff.conversation_id)
    row = Handoff.objects.of(actor.workspace).select_for_update(of=("self",)).get(pk=handoff.pk)
    if row.state != Handoff.State.WAITING:
        if row.state == Handoff.State.TAKEN and actor.user is not None and row.taken_by_id == actor.user.pk:
            return locked
        if row.state == Handoff.State.TAKEN:
            raise AlreadyTaken.by(locked)
        raise AlreadyTaken(_("This is over: %(state)s.") % {"state": row.get_state_display()}, locked)
    taken = take_over(actor, locked, locked.owner_number)
    audit(actor, "handoff.taken", row, conversation=locked.public_id)
    return taken
