"""Write down something that has to be done, or change who does it and by when."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.announce import announce
from channels_io.models import Conversation, FollowUp
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Membership, User
from parley.accounts.permissions import Permission, require

LONGEST: Final = 300
MOST: Final = 100
"""Of one conversation."""


@transaction.atomic
def add_follow_up(
    actor: Actor,
    conversation: Conversation,
    *,
    text: str,
    due_on: date | None = None,
    assignee: User | None = None,
    source: str = "person",
) -> FollowUp:
    """ValidationError by field. `assignee` must be of the workspace."""
    require(actor, Permission.OPERATE)
    row = Conversation.objects.of(actor.workspace).select_for_update().get(pk=conversation.pk)
    words = " ".join(clean_text(text, LONGEST).split())
    if not words:
        raise ValidationError({"text": ValidationError(_("Write what is to be done."), code="required")})
    if FollowUp.objects.filter(conversation=row).count() >= MOST:
        raise ValidationError({"text": ValidationError(_("This conversation has too many already."), code="too_many")})
    _check_member(actor, assignee)
    made: FollowUp = FollowUp.objects.create(
        workspace=actor.workspace,
        conversation=row,
        text=words,
        due_on=due_on,
        assignee=assignee,
        source=source,
    )
    audit(actor, "follow_up.added", made, conversation=row.public_id)
    announce(actor.workspace, row, "analysis")
    return made


@transaction.atomic
def assign_follow_up(actor: Actor, follow_up: FollowUp, assignee: User | None) -> FollowUp:
    """None: nobody's."""
    require(actor, Permission.OPERATE)
    _check_member(actor, assignee)
    rows = FollowUp.objects.of(actor.workspace).select_related("conversation")
    row = rows.select_for_update(of=("self",)).get(pk=follow_up.pk)
    if row.assignee_id != (assignee.pk if assignee else None):
        row.assignee = assignee
        row.save(update_fields=["assignee", "updated_at"])
        audit(actor, "follow_up.assigned", row, to=assignee.public_id if assignee else "")
        announce(actor.workspace, row.conversation, "analysis")
    return row


def _check_member(actor: Actor, user: User | None) -> None:
    if user is not None and not Membership.objects.filter(workspace=actor.workspace, user=user).exists():
        message = _("This person is not in the workspace.")
        raise ValidationError({"assignee": ValidationError(message, code="not_a_member")})
