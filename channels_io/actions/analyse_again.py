"""Look at a conversation once more: after a failure, or because the agent's settings have changed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.after.due import look_again
from channels_io.models import Conversation, Leg
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def analyse_again(actor: Actor, conversation: Conversation) -> None:
    """Raises PermissionDenied; ValidationError while it goes on, of a test, and where the words are gone."""
    require(actor, Permission.OPERATE)
    row = Conversation.objects.of(actor.workspace).get(pk=conversation.pk)
    if row.test:
        raise ValidationError(_("Tests are not analysed."), code="is_test")
    if row.words_gone_at is not None:
        raise ValidationError(_("Its words are not kept any more. What was found before stays."), code="words_gone")
    if Leg.objects.filter(conversation=row, ended_at=None).exists():
        raise ValidationError(_("The conversation still goes on. It is analysed when it is over."), code="goes_on")
    look_again(row)
    audit(actor, "conversation.analysed_again", row)
