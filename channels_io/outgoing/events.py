"""Which events there are, and how one becomes a delivery to each endpoint that wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.after.report import conversation_json
from channels_io.messaging.wake import wake
from channels_io.models import Conversation, Delivery, Endpoint
from channels_io.sanitize import clean_json
from parley.accounts.models import Workspace

DELIVER: Final = "channels_io.tasks.deliver_event"
LONGEST_KEY: Final = 200

EVENTS: Final[Mapping[str, Any]] = {
    "conversation.started": _("A conversation begins"),
    "conversation.ended": _("A call or chat is over"),
    "conversation.analysed": _("Summary, outcome, fields and cost are known"),
    "handoff.waiting": _("A conversation waits for a person"),
    "handoff.taken": _("A person took it"),
    "handoff.expired": _("Nobody came in time"),
    "owner.changed": _("A person took over, or gave back"),
    "alert.raised": _("An alert was raised"),
}
"""Name → what it says, for the page."""
TEST: Final = "endpoint.test"
"""What the button sends; every endpoint gets it."""


def emit(workspace: Workspace, event: str, conversation: Conversation | None, body: Mapping[str, Any], key: str) -> int:
    """Tell every endpoint that wants `event`, in the caller's transaction; how many are told anew.

    `body` is JSON without secrets and without what is masked. The same `key` again tells nobody twice. Of a test
    conversation nobody is told.
    """
    if conversation is not None and conversation.test:
        return 0
    wanting = [
        each
        for each in Endpoint.objects.of(workspace).filter(enabled=True)
        if not each.events or event in each.events or event == TEST
    ]
    if not wanting:
        return 0
    content = payload(workspace, event, conversation, body, key)
    return sum(deliver_to(endpoint, event, conversation, content, key) for endpoint in wanting)


def payload(
    workspace: Workspace, event: str, conversation: Conversation | None, body: Mapping[str, Any], key: str
) -> dict[str, Any]:
    """What is sent. `id` belongs to the event: whoever gets it twice, by a retry or a replay, sees the same."""
    about = conversation_json(conversation) if conversation is not None else None
    content: dict[str, Any] = clean_json(
        {
            "id": event_id(workspace, key),
            "type": event,
            "timestamp": timezone.now().isoformat(),
            "data": {"workspace": workspace.public_id, "conversation": about, **body},
        }
    )
    return content


def deliver_to(
    endpoint: Endpoint, event: str, conversation: Conversation | None, content: dict[str, Any], key: str
) -> bool:
    """One delivery, due now; False where there is one with this key. Somebody is woken when the transaction is through."""
    row, made = Delivery.objects.get_or_create(
        endpoint=endpoint,
        key=_short(key),
        defaults={
            "workspace_id": endpoint.workspace_id,
            "conversation": conversation,
            "event": event,
            "body": content,
            "due_at": timezone.now(),
        },
    )
    if made:
        transaction.on_commit(partial(wake, DELIVER, row.pk))
    return made


def event_id(workspace: Workspace, key: str) -> str:
    return "evt_" + hashlib.sha256(f"{workspace.public_id}:{key}".encode()).hexdigest()[:32]


def _short(key: str) -> str:
    """A long key by its digest: cut off, two of them could be one."""
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
