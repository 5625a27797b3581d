"""Put a tag on a conversation, or take it off."""

from __future__ import annotations

from django.db import transaction

from channels_io.actions.held_conversation import held_conversation
from channels_io.announce import announce
from channels_io.models import Conversation, Tag
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def tag_conversation(actor: Actor, conversation: Conversation, tag: Tag, *, on: bool = True) -> bool:
    """Whether anything changed. Raises PermissionDenied; Tag.DoesNotExist for another workspace's."""
    require(actor, Permission.OPERATE)
    known: Tag = Tag.objects.of(actor.workspace).get(pk=tag.pk)
    held = held_conversation(actor, conversation)
    if held.tags.filter(pk=known.pk).exists() is on:
        return False
    if on:
        held.tags.add(known)
    else:
        held.tags.remove(known)
    audit(actor, "conversation.tagged" if on else "conversation.untagged", held, tag=known.public_id)
    announce(actor.workspace, held, "tags")
    return True
