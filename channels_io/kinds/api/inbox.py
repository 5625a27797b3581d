"""Messages from programs, taken once: a message is a row before anybody thinks about it.

The row is an Event of the leg that answers it (`seq` 0, which no recorder uses), found again by the
caller's own message id. One that a person answers is the caller's turn, under the same id. ORM only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from agents.models import Agent, Version
from channels_io.actions.write_turn import write_caller_turn
from channels_io.end_reasons import EndReason
from channels_io.live.exchange import Reply
from channels_io.live.opening import NothingToOpen, OpenedLeg, open_leg_for
from channels_io.models import Channel, Conversation, Event, Leg, Turn
from parley.accounts.models import Workspace

KIND = "api"
MESSAGE = "message"
ABANDONED_AFTER = timedelta(seconds=120)
"""An exchange that is older and never ended was cut off with its process."""


class MessageInProgress(Exception):
    """The same message, or another one of this conversation, is being answered: ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a conversation begins: an agent, or the channel that leads to it."""

    agent: Agent
    running: Version
    channel: Channel | None = None


def open_conversation(
    entrance: Entrance, message_id: str, text: str, identity: tuple[str, str] | None
) -> OpenedLeg | Reply:
    """A new conversation for this message, or the reply that the same message had. Raises MessageInProgress, NothingToOpen."""
    workspace = entrance.agent.workspace
    with transaction.atomic():
        _lock(workspace, message_id)
        known = _known(workspace, message_id, opens=True)
        if known is not None:
            return _again(known, message_id) or _answer(known.leg.conversation, known, entrance, message_id, text)
        opened = open_leg_for(
            agent=entrance.agent,
            running=entrance.running,
            kind=KIND,
            media="text",
            channel=entrance.channel,
            identity=identity,
        )
        _note(opened.leg, message_id, opens=True)
        return opened


def take_message(conversation: Conversation, message_id: str, text: str) -> OpenedLeg | Reply:
    """A leg to answer this message on, or the reply it had; while a person has the conversation, that they answer.

    Raises MessageInProgress, NothingToOpen.
    """
    with transaction.atomic():
        locked = (
            Conversation.objects.select_for_update(of=("self",))
            .select_related("agent__published", "workspace")
            .get(pk=conversation.pk)
        )
        known = (
            Event.objects.filter(conversation=locked, kind=MESSAGE, data__id=message_id).select_related("leg").first()
        )
        if known is not None:
            reply = _again(known, message_id)
            if reply is not None:
                return reply
        return _answer(locked, known, None, message_id, text)


def _answer(
    conversation: Conversation, known: Event | None, entrance: Entrance | None, message_id: str, text: str
) -> OpenedLeg | Reply:
    """A new leg of `conversation`; a message that was left unanswered moves to it. Or a person's work."""
    written = _written_down(conversation, message_id, text)
    if written is not None:
        return Reply(conversation.public_id, message_id, written.number, "", owner="human")
    busy = conversation.legs.filter(kind=KIND, ended_at=None, started_at__gt=timezone.now() - ABANDONED_AFTER)
    if busy.exists():
        raise MessageInProgress
    last = conversation.legs.select_related("channel__version").order_by("-pk").first()
    channel = entrance.channel if entrance is not None else last.channel if last is not None else None
    running = (
        entrance.running if entrance is not None else (channel and channel.version) or conversation.agent.published
    )
    if running is None:
        raise NothingToOpen("The agent is not published.")
    opened = open_leg_for(
        agent=conversation.agent,
        running=running,
        kind=KIND,
        media="text",
        channel=channel,
        conversation=conversation,
    )
    if known is None:
        _note(opened.leg, message_id, opens=False)
    else:
        Event.objects.filter(pk=known.pk).update(leg=opened.leg)
    return opened


def _written_down(conversation: Conversation, message_id: str, text: str) -> Turn | None:
    """The turn of a message that a person answers: now, or when it came; None: it is the agent's."""
    if conversation.owner == Conversation.Owner.HUMAN:
        last = conversation.legs.select_related("channel").order_by("-pk").first()
        channel = last.channel if last is not None else None
        return write_caller_turn(conversation, kind=KIND, channel=channel, text=text, message_id=message_id)
    earlier = Turn.objects.filter(conversation=conversation, message_id=message_id, leg__end_reason=EndReason.PERSON)
    return earlier.first()


def _lock(workspace: Workspace, message_id: str) -> None:
    """Two requests with the same message id: the second waits here until the first is a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"api:{workspace.pk}:{message_id}"])


def _known(workspace: Workspace, message_id: str, *, opens: bool) -> Event | None:
    rows = Event.objects.filter(workspace=workspace, kind=MESSAGE, data__id=message_id, data__opens=opens)
    return rows.select_related("leg__conversation__agent__published").first()


def _note(leg: Leg, message_id: str, *, opens: bool) -> None:
    Event.objects.create(
        workspace=leg.workspace,
        conversation=leg.conversation,
        leg=leg,
        seq=0,
        kind=MESSAGE,
        data={"id": message_id, "opens": opens},
    )


def _again(known: Event, message_id: str) -> Reply | None:
    """The reply that a message had; None when it never got one."""
    leg = known.leg
    if leg.ended_at is None and leg.started_at > timezone.now() - ABANDONED_AFTER:
        raise MessageInProgress
    asked = Turn.objects.filter(leg=leg, role=Turn.Role.CALLER).order_by("-number").first()
    if asked is None:
        return None
    answer = Turn.objects.filter(leg=leg, number__gte=asked.number).exclude(role=Turn.Role.CALLER).first()
    if answer is None:
        return None
    ended = leg.end_reason if leg.end_reason == "agent_ended" else ""
    return Reply(leg.conversation.public_id, message_id, answer.number, answer.text, ended)
