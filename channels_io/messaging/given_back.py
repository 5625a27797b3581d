"""A person has given a conversation of messages back: the agent says what comes next, knowing what was said meanwhile.

That it has to is seen from the row: the agent owns the conversation, and its stored state still says that a person does.
The leg's session tells the worker who owns it, and the worker's next state settles it. A process that is killed between
that state and the message leaves a leg on which only the agent spoke and of which nothing was sent: it is sent then.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.queue_message import queue_message
from channels_io.actions.raise_alert import raise_alert
from channels_io.end_reasons import EndReason
from channels_io.live.exchange import continuation
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for
from channels_io.messaging.answering import contents_for, contents_of, unsay
from channels_io.messaging.backoff import wait_after
from channels_io.messaging.content import Content
from channels_io.messaging.leases import Lease, held
from channels_io.messaging.provider import Messenger
from channels_io.messaging.waiting import release
from channels_io.models import Channel, Conversation, InboundEvent, Leg, OutboundMessage, OwnerChange, Thread, Turn
from channels_io.reads.live_leg import spec_of_leg
from channels_io.splits import version_for
from inference.errors import WorkerError

logger = logging.getLogger(__name__)

KEY: Final = "back:"
MOST_TRIES: Final = 8


def go_on_after_person(lease: Lease, channel: Channel, messenger: Messenger) -> bool:
    """Say what the agent says next, if it was given back the thread's conversation. False: tried again later, the lease is
    given back. What the contact has written since is answered by the way that everything is. Raises LeaseLost.
    """
    if _send_what_was_said(lease, channel, messenger):
        return True
    conversation = _given_back(lease)
    if conversation is None:
        return True
    try:
        opened = _open(conversation, channel)
        reply = async_to_sync(continuation)(opened)
    except (WorkerError, NothingToOpen) as error:
        return _later(lease, channel, str(error))
    contents = contents_of(reply, opened, messenger.abilities)
    with transaction.atomic():
        thread = held(lease)
        if not unsay(opened, reply):
            _queue(thread, opened.leg, conversation, contents)
    return True


def _queue(thread: Thread, leg: Leg, conversation: Conversation, contents: Sequence[Content]) -> None:
    for part, content in enumerate(contents):
        key = f"{KEY}{conversation.public_id}:{conversation.owner_number}:{part}"
        queue_message(thread=thread, content=content, key=key, conversation=leg.conversation, leg=leg)


def _send_what_was_said(lease: Lease, channel: Channel, messenger: Messenger) -> bool:
    """Whether the process before ended before it could. Raises LeaseLost."""
    with transaction.atomic():
        thread = held(lease)
        rows = Conversation.objects.select_for_update(of=("self",)).filter(threads=thread)
        conversation = rows.filter(owner=Conversation.Owner.AI, owner_number__gt=0).first()
        leg = None if conversation is None else _unsent(conversation, channel)
        spec = None if leg is None else spec_of_leg(leg)
        if conversation is None or leg is None or spec is None:
            return False
        said = leg.turns.filter(role=Turn.Role.AGENT).exclude(text="").order_by("number", "pk")
        words = "\n\n".join(said.values_list("text", flat=True))
        ended = leg.end_reason == EndReason.AGENT_ENDED
        _queue(thread, leg, conversation, contents_for(words, leg, spec, messenger.abilities, ended=ended))
        return bool(words)


def _unsent(conversation: Conversation, channel: Channel) -> Leg | None:
    """The conversation's newest leg, when the agent went on over it after a person and none of it became a message."""
    change = OwnerChange.objects.filter(conversation=conversation, number=conversation.owner_number).first()
    leg = conversation.legs.select_related("version", "conversation").order_by("-pk").first()
    if change is None or leg is None or leg.channel_id != channel.pk or leg.started_at < change.at:
        return None
    if leg.media != Leg.Media.TEXT or leg.turns.exclude(role=Turn.Role.AGENT).exists():
        return None
    if conversation.state.get("owner") != Conversation.Owner.AI:  # It is said anew: the worker knows nothing of it.
        return None
    return None if OutboundMessage.objects.filter(leg=leg).exists() else leg


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
