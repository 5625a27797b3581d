"""Tell the open pages of a workspace that something changed: a hint after the commit, which may get lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import redis
from django.conf import settings
from django.db import transaction

from channels_io.live.topics import topic_of_leg
from channels_io.models import Conversation
from parley.accounts.models import Workspace

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.5


def announce(workspace: Workspace, conversation: Conversation | None, *what: str) -> None:
    """Publish {"type": "changed", "conversation": "cv_…" or "", "what": […]} once the transaction is committed.

    `what`: words, owner, live, handoff, assignee, tags, notes, status, analysis, alert, presence. Never raises: whoever
    missed a hint reads again by themselves.
    """
    topic = topic_of(workspace.public_id)
    named = conversation.public_id if conversation is not None else ""
    hint = msgspec.json.encode({"type": "changed", "conversation": named, "what": list(what)})
    transaction.on_commit(lambda: publish(topic, hint), robust=True)


def tell_leg(conversation: str, note: Mapping[str, Any]) -> None:
    """A note to the process that runs the leg of a conversation (public id), at once: `channels_io.live.operator_notes`.

    Never raises, and nobody hears it when nothing is going on: what must not get lost is in a row.
    """
    publish(topic_of_leg(conversation, "control"), msgspec.json.encode(note))


def topic_of(workspace: str) -> str:
    """`workspace`: its public id."""
    return f"workspace:{workspace}"


def publish(topic: str, hint: bytes) -> None:
    """Never raises. For code that may wait for a moment; a live leg publishes through `channels_io.live.hub`."""
    try:
        _store().publish(topic, hint)
    except redis.RedisError as error:
        logger.warning("A live note could not be published: %s", type(error).__name__)


@cache
def _store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )
