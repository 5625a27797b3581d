"""A conversation as it is now, held until the transaction ends."""

from __future__ import annotations

from channels_io.models import Conversation
from parley.accounts.actor import Actor


def held_conversation(actor: Actor, conversation: Conversation) -> Conversation:
    """Raises Conversation.DoesNotExist when it was erased meanwhile, or is another workspace's."""
    rows = Conversation.objects.of(actor.workspace).select_for_update(of=("self",)).defer("state")
    found: Conversation = rows.get(pk=conversation.pk)
    return found
