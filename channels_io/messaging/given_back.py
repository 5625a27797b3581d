"""A person has given a conversation of messages back: the agent says what comes next, knowing what was said meanwhile.

That it has to is seen from the row: the agent owns the conversation, and its stored state still says that a person does.
The leg's session tells the worker who owns it, and the worker's next state settles it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.queue_message import queue_message
from channels_io.actions.raise_alert import raise_alert
from channels_io.live.exchange import continuation
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for
from channels_io.messaging.answering import contents_of, unsay
from channels_io.messaging.backoff import wait_after
from channels_io.messaging.leases import Lease, held
from channels_io.messaging.provider import Messenger
from channels_io.messaging.waiting import release
from channels_io.models import Channel, Conversation, InboundEvent
from channels_io.splits import version_for
from inference.errors import WorkerError

logger = logging.getLogger(__name__)

KEY: Final = "back:"
MOST_TRIES: Final = 8


def go_on_after_person(lease: Lease, channel: Channel, messenger: Messenger) -> bool:
    """Say what the agent says next, if it was given back the thread's conversation. False: tried again later, the lease is
    given back. What the contact has written since is answered by the way that everything is. Raises LeaseLost.
    """
    conversation = _given_back(lease)
    if conversation is None:
        return True
    number = conversation.owner_number
    try:
        opened = _open(conversation, channel)
        reply = async_to_sync(continuation)(opened)
    except (WorkerError, NothingToOpen) as error:
        return _later(lease, channel, str(error))
    contents = contents_of(reply, opened, messenger.abilities)
    with transaction.atomic():
        thread = held(lease)
        if not unsay(opened, reply):
            for part, content in enumerate(contents):
                queue_message(
                    thread=thread,
                    content=content,
                    key=f"{KEY}{conversation.public_id}:{number}:{part}",
                    conversation=opened.leg.conversation,
                    leg=opened.leg,
                )
    return True


def _given_back(lease: Lease) -> Conversation | None:
    """Raises LeaseLost."""
    with transaction.atomic():
        thread = held(lease)
        rows = Conversation.objects.select_related("agent__published", "contact", "workspace")
        conversation = rows.filter(threads=thread, owner=Conversation.Owner.AI).first()
        if conversation is None or conversation.state.get("owner") != Conversation.Owner.HUMAN:
            return None
        unread = InboundEvent.objects.filter(thread=thread, state=InboundEvent.State.WAITING)
        return None if unread.exists() else conversation


def _open(conversation: Conversation, channel: Channel) -> OpenedLeg:
    """Raises NothingToOpen."""
    running = version_for(channel, conversation.contact.public_id)
    if running is None:
        raise NothingToOpen("The agent is not published.")
    return open_leg_for(
        agent=channel.agent,
        running=running,
        kind=channel.kind,
        media="text",
        channel=channel,
        conversation=conversation,
        contact=conversation.contact,
    )


def _later(lease: Lease, channel: Channel, why: str) -> bool:
    with transaction.atomic():
        thread = held(lease)
        thread.attempts += 1
        if thread.attempts >= MOST_TRIES:
            text = _("The agent could not go on after a person over %(channel)s: %(reason)s")
            words = text % {"channel": channel.name, "reason": why}
            key = f"not_gone_on:{channel.pk}"
            raise_alert(channel.workspace, "message_not_answered", key, words, {"channel": channel.public_id})
            release(thread, due=False)
            return False
        logger.warning("Thread %d: the agent cannot go on yet, try %d.", lease.thread, thread.attempts)
        thread.due_at = timezone.now() + timedelta(seconds=wait_after(thread.attempts).total_seconds())
        release(thread, due=True)
    return False
