"""What a contact sent beside words, by the turn it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from channels_io.messaging.provider import IncomingMedia, message_of
from channels_io.messaging.thoughts import note_of, sort_of
from channels_io.models import Channel, Conversation, InboundEvent, Turn


@dataclass(frozen=True, slots=True)
class SentMedia:
    """`sort`: voice, picture, video, sound, contact, file. `note`: as it stands in the turn's words."""

    media: IncomingMedia
    sort: str
    note: str
    channel: Channel | None


def media_of_turns(turns: Iterable[Turn]) -> dict[int, list[SentMedia]]:
    """By primary key of the turn, in the order they were sent. One query."""
    thoughts = {turn.message_id: turn for turn in turns if turn.message_id.startswith("in-")}
    found: dict[int, list[SentMedia]] = defaultdict(list)
    if not thoughts:
        return found
    workspaces = {turn.workspace_id for turn in thoughts.values()}
    events = InboundEvent.objects.filter(workspace__in=workspaces, thought__in=list(thoughts)).order_by("pk")
    for event in events.select_related("channel__account", "channel__workspace", "channel__agent"):
        try:
            message = message_of(event.body)
        except msgspec.ValidationError:
            continue
        turn = thoughts[event.thought]
        found[turn.pk] += [SentMedia(each, sort_of(each), note_of(each), event.channel) for each in message.media]
    return found


def media_of_turn(conversation: Conversation, turn: str) -> list[SentMedia]:
    """`turn`: its public id; [] when it is none of this conversation's."""
    row = Turn.objects.filter(conversation=conversation, public_id=turn.replace("\0", "")[:40]).first()
    return [] if row is None else media_of_turns([row])[row.pk]
