"""Whose work a conversation is."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.held_conversation import held_conversation
from channels_io.announce import announce
from channels_io.models import Conversation
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Membership, User
from parley.accounts.permissions import Permission, require


@transaction.atomic
def assign_conversation(actor: Actor, conversation: Conversation, user: User | None) -> User | None:
    """Assign it to `user`, or to nobody; whose it was before. Idempotent.

    Raises PermissionDenied; ValidationError ("not_a_colleague"): that person does not work in conversations here.
    """
    require(actor, Permission.OPERATE)
    if user is not None:
        membership = Membership.objects.filter(workspace=actor.workspace, user=user).first()
        if membership is None or not membership.may(Permission.OPERATE):
            raise ValidationError(
                _("This person does not work in conversations here. Choose somebody else."), code="not_a_colleague"
            )
    held = held_conversation(actor, conversation)
    before = held.assignee
    if before != user:
        held.assignee = user
        held.save(update_fields=["assignee", "updated_at"])
        audit(actor, "conversation.assigned", held, to=user.public_id if user else "")
        announce(actor.workspace, held, "assignee")
    return before
