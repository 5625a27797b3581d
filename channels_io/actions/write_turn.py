"""Put words of a written conversation into the record without a worker: while a person has it, no agent listens."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db.models import Max
from django.utils import timezone
from msgspec.structs import replace

from channels_io.actions.keep_last_words import keep_last_words
from channels_io.announce import announce
from channels_io.end_reasons import EndReason
from channels_io.models import Channel, Contact, Conversation, Leg, Turn
from channels_io.privacy.rules import masked_sorts
from channels_io.privacy.words import hidden_state, hide_words
from channels_io.sanitize import clean_count, clean_json, clean_text
from inference.events import HUMAN, ConversationState, Message
from parley.accounts.models import User

LONGEST_ID = 64


def write_caller_turn(
    conversation: Conversation, *, kind: str, channel: Channel | None, text: str, message_id: str
) -> Turn:
    """What the contact wrote, to be answered by the person. The same `message_id` again is the same turn.

    `conversation` is locked and whole, in a transaction of the caller's.
    """
    known = _known(conversation, message_id)
    if known is not None:
        return known
    now = timezone.now()
    leg = leg_of_person(conversation, kind=kind, channel=channel, now=now)
    Contact.objects.filter(pk=conversation.contact_id).update(seen_at=now)
    return _write(conversation, leg, Turn.Role.CALLER, text, message_id, now, by=None)


def write_human_turn(conversation: Conversation, leg: Leg, *, text: str, message_id: str, by: User) -> Turn:
    """What the person wrote. The same `message_id` again is the same turn. `conversation`: as above."""
    known = _known(conversation, message_id)
    return known or _write(conversation, leg, Turn.Role.HUMAN, text, message_id, timezone.now(), by=by)


def leg_of_person(conversation: Conversation, *, kind: str, channel: Channel | None, now: datetime) -> Leg:
    """The leg that goes on with the written words of a person's time; a new one where the last was something else.

    It is always ended: nothing runs it. Its end moves on with what is written.
    """
    last = conversation.legs.select_related("workspace").order_by("-pk").first()
    reason = EndReason.PERSON
    if last is not None and (last.end_reason, last.kind, last.channel_id) == (reason, kind, channel and channel.pk):
        return last
    leg: Leg = Leg.objects.create(
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        channel=channel,
        kind=kind,
        version=last.version if last is not None else conversation.agent.published,
        spec=last.spec if last is not None else "",
        media=Leg.Media.TEXT,
        started_at=now,
        seen_at=now,
        ended_at=now,
        end_reason=reason,
    )
    return leg


def state_of(conversation: Conversation) -> ConversationState:
    """The worker's state as it is stored; an empty one where there is none yet."""
    return msgspec.convert(conversation.state, ConversationState)


def _known(conversation: Conversation, message_id: str) -> Turn | None:
    return Turn.objects.filter(conversation=conversation, message_id=clean_text(message_id, LONGEST_ID)).first()


def _write(
    conversation: Conversation,
    leg: Leg,
    role: Turn.Role,
    text: str,
    message_id: str,
    now: datetime,
    *,
    by: User | None,
) -> Turn:
    words, state = clean_text(text), state_of(conversation)
    last: int | None = Turn.objects.filter(leg=leg).aggregate(last=Max("number"))["last"]
    number = max(state.turn, last or 0) + 1
    offset = clean_count((now - leg.started_at).total_seconds() * 1000)
    sorts = masked_sorts(conversation.workspace_id)
    turn = Turn(
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        leg=leg,
        number=number,
        role=role,
        text=words,
        full_text=words,
        by=by,
        source=Turn.Source.TEXT,
        message_id=clean_text(message_id, LONGEST_ID),
        started_ms=offset,
        ended_ms=offset,
        at=now,
    )
    hide_words(turn, sorts)
    turn.save(force_insert=True)
    line = Message("user", words) if role == Turn.Role.CALLER else Message("assistant", words, HUMAN)
    state = replace(state, history=(*state.history, line), turn=number, greeted=True)
    conversation.state = hidden_state(clean_json(msgspec.to_builtins(state)), sorts)
    conversation.status, conversation.closed_at = Conversation.Status.OPEN, None
    conversation.last_at, conversation.last_kind = now, leg.kind
    conversation.save(update_fields=["state", "status", "closed_at", "last_at", "last_kind", "updated_at"])
    if leg.end_reason == EndReason.PERSON:
        leg.ended_at = leg.seen_at = now
        leg.save(update_fields=["ended_at", "seen_at", "updated_at"])
    leg.conversation = conversation
    keep_last_words(leg, [turn])
    announce(conversation.workspace, conversation, "words")
    return turn
