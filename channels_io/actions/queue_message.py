"""Have a message sent: a row first, and whoever sends it is woken when that is committed."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from channels_io.messaging.content import Content, to_json
from channels_io.messaging.wake import DELIVER, wake
from channels_io.models import Conversation, Leg, OutboundMessage, Thread
from channels_io.sanitize import clean_json


def queue_message(
    *, thread: Thread, content: Content, key: str, conversation: Conversation | None = None, leg: Leg | None = None
) -> OutboundMessage:
    """The row of `key`, new or as it was: whoever asks twice sends once. It leaves after all that waits in the thread."""
    with transaction.atomic():
        # Locked before the row gets its number: within a thread, the order of numbers is the order of commits.
        locked = Thread.objects.select_for_update().get(pk=thread.pk)
        message, made = OutboundMessage.objects.get_or_create(
            workspace_id=locked.workspace_id,
            key=key,
            defaults={
                "channel_id": locked.channel_id,
                "thread": locked,
                "contact_id": locked.contact_id,
                "conversation": conversation,
                "leg": leg,
                "content": clean_json(to_json(content)),
            },
        )
        if made:
            transaction.on_commit(partial(wake, DELIVER, locked.pk))
    return message
