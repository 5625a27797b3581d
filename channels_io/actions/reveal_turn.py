"""Show one turn as it was said, though it is masked; who looked is written down."""

from __future__ import annotations

from django.db import transaction

from channels_io.models import Turn
from channels_io.privacy.words import Said, words_behind
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def reveal_turn(actor: Actor, turn: Turn) -> Said:
    """Raises PermissionDenied, Unsealable."""
    require(actor, Permission.REVEAL)
    with transaction.atomic():
        said = words_behind(turn)
        audit(actor, "turn.revealed", turn, conversation=turn.conversation.public_id)
    return said
