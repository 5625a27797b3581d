"""One thought → the leg that answers it, and the answer as messages; or a person's work, who has the conversation."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace

from channels_io.actions.find_contact import find_contact
from channels_io.actions.write_turn import state_of, write_caller_turn
from channels_io.live.exchange import Reply
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for
from channels_io.message_settings import MessageSettings
from channels_io.messaging.choices import asked_choices
from channels_io.messaging.content import ChoicesContent, Content, TextContent
from channels_io.messaging.leases import Lease, held, shared
from channels_io.messaging.provider import Abilities, IncomingMessage
from channels_io.messaging.segments import split_text
from channels_io.messaging.waiting import Thought, finish
from channels_io.models import Channel, Contact, Conversation, Leg, Thread, Turn
from channels_io.reads.going_on import conversation_to_go_on
from channels_io.sanitize import clean_json
from channels_io.splits import version_for
from inference.events import ConversationState, Message
from inference.spec import AgentSpec

logger = logging.getLogger(__name__)

ALIVE_SECONDS: Final = 40.0
"""A leg that showed no life for so long is not being talked on."""
MOST_PARTS: Final = 10
"""Messages that one answer may become."""


class Busy(Exception):
    """The person is being talked to in the same conversation elsewhere: answered when that is over."""


def open_for(lease: Lease, thought: Thought, channel: Channel, text: str) -> OpenedLeg | None:
    """A leg to answer on. None: a person has the conversation, `text` is written down for them and the thought finished.

    Raises Busy, NothingToOpen, LeaseLost.
    """
    first = thought.messages[0]
    contact = find_contact(channel.workspace, first.identities, name=_name(thought.messages))
    with transaction.atomic():
        conversation = _conversation(shared(lease), thought, channel, contact)
        if conversation is not None:
            rows = Conversation.objects.select_related("workspace", "agent__published")
            conversation = rows.select_for_update(of=("self",)).get(pk=conversation.pk)
            if conversation.owner == Conversation.Owner.HUMAN:
                write_caller_turn(conversation, kind=channel.kind, channel=channel, text=text, message_id=thought.id)
                _bind(lease, contact, conversation)
                finish(thought)
                return None
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
        _bind(lease, contact, opened.leg.conversation)
        return opened


def _bind(lease: Lease, contact: Contact, conversation: Conversation) -> None:
    """Last of all: the next webhook of this person waits for who has the thread whole."""
    thread = held(lease)
    thread.contact, thread.conversation = contact, conversation
    thread.save(update_fields=["contact", "conversation"])


def contents_of(reply: Reply, opened: OpenedLeg, abilities: Abilities) -> list[Content]:
    """The answer as this provider can carry it: cut at sentences; with buttons or a list where the flow offers a choice."""
    whole = "\n\n".join(part for part in (reply.before, reply.text) if part.strip())
    return contents_for(whole, opened.leg, opened.facts.spec, abilities, ended=bool(reply.ended))


def contents_for(words: str, leg: Leg, spec: AgentSpec, abilities: Abilities, *, ended: bool) -> list[Content]:
    """The same of what was said on a leg that is over. `ended`: no choice is offered any more."""
    texts = split_text(words, abilities.text_limit)
    contents: list[Content] = [TextContent(text) for text in texts[:MOST_PARTS]]
    if len(texts) > MOST_PARTS:
        logger.warning("Leg %s: an answer was too long for %d messages.", leg.public_id, MOST_PARTS)
    most = max(abilities.buttons, abilities.rows)
    if not contents or not most or ended:
        return contents
    choices = asked_choices(_state(leg), spec)
    if 0 < len(choices) <= most:
        contents[-1] = ChoicesContent(texts[len(contents) - 1], choices)
    return contents


def _name(messages: Sequence[IncomingMessage]) -> str:
    return next((message.name for message in messages if message.name), "")


def _conversation(thread: Thread, thought: Thought, channel: Channel, contact: Contact) -> Conversation | None:
    """The one that an earlier try answered on, else one that a person has open, else the one to go on with, else none."""
    before = thread.conversation
    if before is not None and before.agent_id == channel.agent_id:
        taken = Turn.objects.filter(conversation=before, message_id=thought.id)
        if thought.tries > 1 and taken.exists():
            return before
    owned = Conversation.objects.filter(
        contact=contact,
        agent=channel.agent,
        owner=Conversation.Owner.HUMAN,
        status=Conversation.Status.OPEN,
        test=False,
    )
    return owned.order_by("-last_at", "-pk").first() or conversation_to_go_on(
        contact, channel.agent, now=timezone.now(), hours=MessageSettings.of(channel.settings).go_on_hours
    )


def _talked_on(conversation: Conversation) -> bool:
    """Whether a call, or a message over another line, is in progress. A chat page that is merely open is not."""
    alive = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    legs = Leg.objects.filter(conversation=conversation, ended_at=None, seen_at__gt=alive)
    return legs.exclude(kind="web_chat").exists()


def unsay(opened: OpenedLeg, reply: Reply) -> bool:
    """Whether a person has taken the conversation over while the agent thought: then nobody has heard `reply`.

    Within the transaction that would have sent it.
    """
    held = Conversation.objects.select_for_update(of=("self",)).get(pk=opened.leg.conversation_id)
    if held.owner != Conversation.Owner.HUMAN:
        return False
    said = Turn.objects.filter(leg=opened.leg, role=Turn.Role.AGENT)
    said.update(text="", cut=True)
    state = state_of(held)
    if state.history and state.history[-1] == Message("assistant", reply.text):
        held.state = clean_json(msgspec.to_builtins(replace(state, history=state.history[:-1])))
        held.save(update_fields=["state", "updated_at"])
    return True


def _state(leg: Leg) -> ConversationState | None:
    stored = Conversation.objects.values_list("state", flat=True).get(pk=leg.conversation_id)
    try:
        return msgspec.convert(stored, ConversationState) if stored else None
    except msgspec.ValidationError:
        return None
