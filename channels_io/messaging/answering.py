"""One thought → the leg that answers it, and the answer as messages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from channels_io.actions.find_contact import find_contact
from channels_io.live.exchange import Reply
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for
from channels_io.message_settings import MessageSettings
from channels_io.messaging.choices import asked_choices
from channels_io.messaging.content import ChoicesContent, Content, TextContent
from channels_io.messaging.leases import Lease, held
from channels_io.messaging.provider import Abilities, IncomingMessage
from channels_io.messaging.segments import split_text
from channels_io.messaging.waiting import Thought
from channels_io.models import Channel, Contact, Conversation, Leg, Thread, Turn
from channels_io.reads.going_on import conversation_to_go_on
from channels_io.splits import version_for
from inference.events import ConversationState

logger = logging.getLogger(__name__)

ALIVE_SECONDS: Final = 40.0
"""A leg that showed no life for so long is not being talked on."""
MOST_PARTS: Final = 10
"""Messages that one answer may become."""


class Busy(Exception):
    """The person is being talked to in the same conversation elsewhere: answered when that is over."""


def open_for(lease: Lease, thought: Thought, channel: Channel) -> OpenedLeg:
    """A leg to answer on. Raises Busy, NothingToOpen, LeaseLost."""
    first = thought.messages[0]
    contact = find_contact(channel.workspace, first.identities, name=_name(thought.messages))
    with transaction.atomic():
        thread = held(lease)
        conversation = _conversation(thread, thought, channel, contact)
        if conversation is not None:
            conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
            if _talked_on(conversation):
                raise Busy
        running = version_for(channel, contact.public_id)
        if running is None:
            raise NothingToOpen("The agent is not published.")
        opened = open_leg_for(
            agent=channel.agent,
            running=running,
            kind=channel.kind,
            media="text",
            channel=channel,
            conversation=conversation,
            contact=contact,
        )
        thread.contact, thread.conversation = contact, opened.leg.conversation
        thread.save(update_fields=["contact", "conversation"])
        return opened


def contents_of(reply: Reply, opened: OpenedLeg, abilities: Abilities) -> list[Content]:
    """The answer as this provider can carry it: cut at sentences; with buttons or a list where the flow offers a choice."""
    texts = split_text("\n\n".join(part for part in (reply.before, reply.text) if part.strip()), abilities.text_limit)
    contents: list[Content] = [TextContent(text) for text in texts[:MOST_PARTS]]
    if len(texts) > MOST_PARTS:
        logger.warning("Leg %s: an answer was too long for %d messages.", opened.facts.leg, MOST_PARTS)
    most = max(abilities.buttons, abilities.rows)
    if not contents or not most or reply.ended:
        return contents
    choices = asked_choices(_state(opened.leg), opened.facts.spec)
    if 0 < len(choices) <= most:
        contents[-1] = ChoicesContent(texts[len(contents) - 1], choices)
    return contents


def _name(messages: Sequence[IncomingMessage]) -> str:
    return next((message.name for message in messages if message.name), "")


def _conversation(thread: Thread, thought: Thought, channel: Channel, contact: Contact) -> Conversation | None:
    """The one that an earlier try answered on, else the one to go on with, else none."""
    before = thread.conversation
    if before is not None and before.agent_id == channel.agent_id:
        taken = Turn.objects.filter(conversation=before, message_id=thought.id)
        if thought.tries > 1 and taken.exists():
            return before
    return conversation_to_go_on(
        contact, channel.agent, now=timezone.now(), hours=MessageSettings.of(channel.settings).go_on_hours
    )


def _talked_on(conversation: Conversation) -> bool:
    """Whether a call, or a message over another line, is in progress. A chat page that is merely open is not."""
    alive = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    legs = Leg.objects.filter(conversation=conversation, ended_at=None, seen_at__gt=alive)
    return legs.exclude(kind="web_chat").exists()


def _state(leg: Leg) -> ConversationState | None:
    stored = Conversation.objects.values_list("state", flat=True).get(pk=leg.conversation_id)
    try:
        return msgspec.convert(stored, ConversationState) if stored else None
    except msgspec.ValidationError:
        return None
