"""What was said and done in a conversation as the lines of one list, newest stretch first: for the conversation's pane.

Turns and events come in the order of their leg; notes and changes of owner stand where they were made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from channels_io.models import (
    Conversation,
    Event,
    EventKind,
    Leg,
    Note,
    OutboundMessage,
    OwnerChange,
    Turn,
    TurnSpan,
)
from channels_io.reads.record import LegRecord, TurnRecord, leg_record

Row = TypeVar("Row", bound=Model)

STRETCH: Final = 50
"""Turns that are read at a time."""
MOST_EVENTS: Final = 600
"""Of one stretch: a leg can have many between two turns."""
_SAID_ELSEWHERE: Final = (EventKind.OWNER, EventKind.INTERRUPTED, EventKind.DTMF)
"""Owner changes are rows of their own, an interruption is shown at the cut turn, a key at the turn it makes."""


@dataclass(frozen=True, slots=True)
class LegHead:
    """Where a leg begins that is not the next message of the same day over the same channel."""

    leg: Leg
    went_on: bool
    """Its beginning is not in this stretch."""


@dataclass(frozen=True, slots=True)
class Line:
    """`key` names it for good, on the page as in what a live leg tells: a turn's is "<leg>:<number>:<role>"."""

    key: str
    what: Literal["leg", "turn", "event", "note", "owner"]
    item: LegHead | TurnRecord | Event | Note | OwnerChange
    leg: Leg | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """`older` names the stretch before this one; empty: there is none."""

    lines: tuple[Line, ...]
    legs: tuple[Leg, ...]
    older: str = ""

    @property
    def turns(self) -> tuple[TurnRecord, ...]:
        return tuple(line.item for line in self.lines if isinstance(line.item, TurnRecord))


def read_stretch(conversation: Conversation, *, before: str = "", size: int = STRETCH) -> Stretch:
    """The newest `size` turns, or those before turn `before` (a public id; an unknown one is the newest), in nine queries."""
    turns, more, until = _turns(conversation, before, size)
    legs = _legs(conversation, turns, more=more, older=bool(before))
    oldest = turns[0] if more and turns else None
    since = oldest.at if oldest is not None else None
    keys = [turn.pk for turn in turns]
    spans: dict[int, list[TurnSpan]] = defaultdict(list)
    for span in TurnSpan.objects.filter(turn__in=keys).order_by("turn", "position"):
        spans[span.turn_id].append(span)
    events: dict[int, list[Event]] = defaultdict(list)
    for event in _between(Event.objects.filter(leg__in=legs), since, until, "at").order_by("-pk")[:MOST_EVENTS]:
        if event.kind not in _SAID_ELSEWHERE:
            events[event.leg_id].append(event)
    letters: dict[int, list[OutboundMessage]] = defaultdict(list)
    for letter in OutboundMessage.objects.filter(conversation=conversation, leg__in=legs).order_by("pk"):
        letters[letter.leg_id or 0].append(letter)
    said: dict[int, list[Turn]] = defaultdict(list)
    for turn in turns:
        said[turn.leg_id].append(turn)
    records = [
        leg_record(leg, said[leg.pk], spans, sorted(events[leg.pk], key=_in_time), letters[leg.pk], None)
        for leg in legs
    ]
    beside = _beside(conversation, since, until)
    return Stretch(
        lines=tuple(_woven(_lines(records, oldest), beside)),
        legs=tuple(legs),
        older=oldest.public_id if oldest is not None else "",
    )


def _in_time(event: Event) -> tuple[int, int]:
    return event.at_ms, event.seq


def _turns(conversation: Conversation, before: str, size: int) -> tuple[list[Turn], bool, datetime | None]:
    """Oldest first; whether there are older ones; the moment at which the stretch behind begins."""
    rows = Turn.objects.filter(conversation=conversation).select_related("by")
    place = rows.filter(public_id=before.replace("\0", "")).first() if before else None
    if place is not None:
        same = Q(leg=place.leg_id) & (Q(number__lt=place.number) | Q(number=place.number, pk__lt=place.pk))
        rows = rows.filter(Q(leg__lt=place.leg_id) | same)
    taken = list(rows.order_by("-leg", "-number", "-pk")[: size + 1])
    return taken[:size][::-1], len(taken) > size, place.at if place is not None else None


def _legs(conversation: Conversation, turns: Sequence[Turn], *, more: bool, older: bool) -> list[Leg]:
    """Those of the turns and those without any between them; all of a conversation in which nothing was said."""
    rows = Leg.objects.filter(conversation=conversation).select_related("channel", "version").order_by("pk")
    if turns and more:
        rows = rows.filter(pk__gte=turns[0].leg_id)
    if turns and older:
        rows = rows.filter(pk__lte=turns[-1].leg_id)
    return list(rows)


def _beside(conversation: Conversation, since: datetime | None, until: datetime | None) -> list[Line]:
    notes = _between(conversation.notes.select_related("author"), since, until, "created_at")
    changes = _between(conversation.owner_changes.select_related("user"), since, until, "at")
    lines = [Line(note.public_id, "note", note, None, note.created_at) for note in notes]
    lines += [Line(f"owner-{change.number}", "owner", change, None, change.at) for change in changes]
    return sorted(lines, key=lambda line: line.at)


def _between(rows: QuerySet[Row], since: datetime | None, until: datetime | None, field: str) -> QuerySet[Row]:
    if since is not None:
        rows = rows.filter(**{f"{field}__gte": since})
    return rows.filter(**{f"{field}__lt": until}) if until is not None else rows


def _lines(records: Iterable[LegRecord], oldest: Turn | None) -> list[Line]:
    lines: list[Line] = []
    last: tuple[str, str, date] | None = None
    for record in records:
        leg = record.leg
        place = (leg.kind, leg.media, timezone.localdate(leg.started_at))
        if leg.media == Leg.Media.VOICE or place != last:
            went_on = oldest is not None and leg.pk == oldest.leg_id
            lines.append(Line(leg.public_id, "leg", LegHead(leg, went_on), leg, leg.started_at))
        last = place
        lines += [_line(leg, item) for item in record.items]
    return lines


def _line(leg: Leg, item: TurnRecord | Event) -> Line:
    if isinstance(item, Event):
        return Line(f"{leg.public_id}:event:{item.seq}", "event", item, leg, item.at)
    turn = item.turn
    return Line(f"{leg.public_id}:{turn.number}:{turn.role}", "turn", item, leg, turn.at)


def _woven(lines: list[Line], beside: list[Line]) -> list[Line]:
    """Each line of `beside` before the first that came later; nothing of `lines` changes places."""
    woven: list[Line] = []
    waiting = beside[::-1]
    for line in lines:
        while waiting and waiting[-1].at < line.at and line.what != "leg":
            woven.append(waiting.pop())
        woven.append(line)
    return woven + waiting[::-1]
