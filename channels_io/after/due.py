"""When a conversation is looked at: soon after its last word, and not while it goes on."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from channels_io.messaging.wake import wake
from channels_io.models import Analysis, Conversation, Leg
from parley.lib.workers.store import known_urls

ANALYSE: Final = "channels_io.tasks.look_at_conversation"
AFTER: Final = timedelta(seconds=10)
"""After a call or a chat: who comes back at once goes on with the same conversation."""
QUIET: Final = timedelta(minutes=30)
"""After a message: so long nobody writes any more."""
SESSIONS: Final = frozenset({"web_chat", "browser_voice", "loopback"})
"""Kinds whose legs end when the person leaves. A text leg of any other is one message and its answer."""
AT_ONCE: Final = 20
LATE: Final = timedelta(seconds=3)


def due_after(leg: Leg, *, closed: bool = False) -> None:
    """The leg has ended: its conversation is looked at once it has been quiet. Inside the caller's transaction.

    `closed`: somebody has closed the conversation while the leg went on.
    """
    single = leg.media == Leg.Media.TEXT and leg.kind not in SESSIONS
    make_due(leg.conversation_id, leg.workspace_id, QUIET if single and not closed else AFTER)


def look_soon(conversation: Conversation) -> None:
    """Somebody has closed it: what was to be looked at after a while is looked at now."""
    now = timezone.now()
    waits = Analysis.objects.filter(conversation=conversation, state=Analysis.State.WAITING, due_at__gt=now)
    if waits.update(due_at=now):
        transaction.on_commit(partial(wake, ANALYSE, conversation.pk))


def look_again(conversation: Conversation) -> None:
    """Whatever was found before."""
    make_due(conversation.pk, conversation.workspace_id, timedelta())


def make_due(conversation: int, workspace: int, wait: timedelta) -> None:
    """Primary keys. Nobody is held up by it: whoever is woken looks whether there is something to do."""
    with transaction.atomic():
        Analysis.objects.update_or_create(
            conversation_id=conversation,
            defaults={
                "workspace_id": workspace,
                "state": Analysis.State.WAITING,
                "due_at": timezone.now() + wait,
                "attempts": 0,
                "error_code": "",
            },
        )
        if wait <= AFTER:
            transaction.on_commit(partial(wake, ANALYSE, conversation, countdown=wait.total_seconds() + 0.5))


def free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=now)


def waiting(now: datetime) -> QuerySet[Analysis]:
    """What is due and in nobody's hands, the oldest first."""
    return Analysis.objects.filter(free(now), due_at__lte=now).order_by("due_at")


def places(now: datetime) -> int:
    """How many more may be worked on now: one for each worker, so that they are never all busy with what can wait."""
    held = Analysis.objects.filter(lease_until__gte=now).count()
    return max(0, max(1, len(known_urls())) - held)


def wake_waiting() -> int:
    """Wake somebody for what is due and was forgotten, or had no place. Idempotent; how many."""
    now = timezone.now()
    found = list(waiting(now - LATE).values_list("conversation", flat=True)[: min(AT_ONCE, places(now))])
    for conversation in found:
        wake(ANALYSE, conversation)
    return len(found)
