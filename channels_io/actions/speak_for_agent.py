"""A sentence that the agent says because of something outside its flow: to whoever is there, or as a message."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from channels_io.actions.queue_message import queue_message
from channels_io.announce import tell_leg
from channels_io.messaging.content import TextContent
from channels_io.models import Conversation, Leg, Thread
from channels_io.reads.live_leg import live_leg


def speak_for_agent(conversation: Conversation, words: str, *, key: str) -> None:
    """In a transaction of the caller's, in which the conversation's threads are locked. `key`: the same again says nothing."""
    leg = live_leg(conversation)
    by_carrier = leg is not None and leg.media == Leg.Media.TEXT and leg.channel is not None and leg.channel.account_id
    if leg is not None and not by_carrier:
        transaction.on_commit(partial(tell_leg, conversation.public_id, {"do": "say", "text": words}), robust=True)
        return
    thread = Thread.objects.filter(conversation=conversation).order_by("-heard_at", "-pk").first()
    if thread is not None:
        queue_message(thread=thread, content=TextContent(words), key=key, conversation=conversation)
