"""A conversation's threads, for whoever changes its owner: locked in the right order, and the agent woken for them."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from channels_io.messaging.wake import ANSWER, wake
from channels_io.models import Conversation, Thread


def lock_threads(conversation: Conversation) -> None:
    """To be called before the conversation is locked: whoever answers a thread locks the two in this order."""
    list(Thread.objects.select_for_update().filter(conversation=conversation).order_by("pk").values_list("pk"))


def wake_agent(conversation: Conversation) -> bool:
    """Have the agent go on in the conversation's newest thread once this transaction is committed; False: it has none.

    Called by whoever gives a conversation back that nobody talks in at this moment. Its threads are locked.
    """
    thread = Thread.objects.filter(conversation=conversation).order_by("-heard_at", "-pk").first()
    if thread is None:
        return False
    thread.due_at, thread.attempts = timezone.now(), 0
    thread.save(update_fields=["due_at", "attempts"])
    transaction.on_commit(partial(wake, ANSWER, thread.pk))
    return True
