"""A word to the team about a conversation."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.held_conversation import held_conversation
from channels_io.announce import announce
from channels_io.models import Conversation, Note
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

LONGEST = 4000
"""Characters."""


@transaction.atomic
def write_note(actor: Actor, conversation: Conversation, text: str) -> Note:
    """Raises PermissionDenied; ValidationError ("note_empty", "note_long")."""
    require(actor, Permission.OPERATE)
    words = clean_text(text).strip()
    if not words:
        raise ValidationError(_("Write the note first."), code="note_empty")
    if len(words) > LONGEST:
        raise ValidationError(_("A note has at most %(most)s characters."), code="note_long", params={"most": LONGEST})
    held = held_conversation(actor, conversation)
    note: Note = Note.objects.create(workspace=actor.workspace, conversation=held, author=actor.user, text=words)
    audit(actor, "note.written", note, conversation=held.public_id)
    announce(actor.workspace, held, "notes")
    return note
