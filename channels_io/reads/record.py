"""One conversation with everything in it, in a fixed number of queries: page, export and API read this."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from channels_io.models import Conversation, Event, EventKind, Identity, Leg, OutboundMessage, Turn, TurnSpan
from channels_io.reads.percentile import percentile
from channels_io.reads.phone_calls import CallRecord, calls_of

ANSWER = ("in-", "back:")
"""What the keys of answers begin with (`messaging.waiting`, `messaging.given_back`)."""
BY_PERSON = re.compile(r"(?P<turn>person:)[^:]+:(?P<key>.+):[0-9]+")
"""The key of a message that a person wrote (`actions.write_as_person`): "person:" and its own key name the turn."""
WRITTEN = re.compile(r"(?:send|move):[^-]+-(?P<call>.+?)(?::[0-9]+)?")
"""The key of a message that a flow wrote (`messaging.tool`): by which of its leg's tool calls."""
_ROLE_ORDER = {Turn.Role.CALLER: 0, Turn.Role.HUMAN: 1, Turn.Role.AGENT: 2}


@dataclass(frozen=True, slots=True)
class TurnRecord:
    turn: Turn
    spans: tuple[TurnSpan, ...] = ()
    deliveries: tuple[OutboundMessage, ...] = ()
    """The messages that carried it, where it left over a carrier."""

    @property
    def heard(self) -> str:
        return self.turn.text

    @property
    def unheard(self) -> str:
        """What was written after the point at which the reply was cut."""
        return unheard(self.turn.text, self.turn.full_text) if self.turn.cut else ""

    @property
    def wait_ms(self) -> float | None:
        """Voice to voice; for an answer to typed text the sum of its spans."""
        if self.turn.v2v_ms is not None:
            return self.turn.v2v_ms
        return sum(span.ms for span in self.spans) or None


@dataclass(frozen=True, slots=True)
class LegRecord:
    """`items` are turns and events in the order of the call; a cut turn says itself that it was interrupted."""

    leg: Leg
    turns: tuple[TurnRecord, ...]
    events: tuple[Event, ...]
    items: tuple[TurnRecord | Event, ...]
    written: Mapping[str, Sequence[OutboundMessage]] = field(default_factory=dict)
    """Messages that its flow sent, by the tool call that did."""
    call: CallRecord | None = None
    """Of a leg by telephone."""

    @property
    def duration(self) -> timedelta:
        return (self.leg.ended_at or timezone.now()) - self.leg.started_at


@dataclass(frozen=True, slots=True)
class Record:
    conversation: Conversation
    identities: tuple[Identity, ...]
    legs: tuple[LegRecord, ...]

    @property
    def turns(self) -> tuple[TurnRecord, ...]:
        return tuple(turn for leg in self.legs for turn in leg.turns)

    @property
    def timed(self) -> tuple[TurnRecord, ...]:
        return tuple(record for record in self.turns if record.turn.v2v_ms is not None)

    def v2v(self, fraction: float) -> float | None:
        return percentile([record.turn.v2v_ms for record in self.timed if record.turn.v2v_ms is not None], fraction)

    @property
    def p50(self) -> float | None:
        return self.v2v(0.5)

    @property
    def p95(self) -> float | None:
        return self.v2v(0.95)

    @property
    def cached_share(self) -> float | None:
        prompt = sum(record.turn.prompt_tokens for record in self.turns)
        return sum(record.turn.cached_tokens for record in self.turns) / prompt if prompt else None

    @property
    def live(self) -> bool:
        return any(record.leg.ended_at is None for record in self.legs)

    @property
    def duration(self) -> timedelta:
        """Time on the line, over all legs."""
        return sum((record.duration for record in self.legs), timedelta())


def read_record(conversation: Conversation) -> Record:
    """`conversation` should come with contact and agent."""
    turns: dict[int, list[Turn]] = defaultdict(list)
    for turn in Turn.objects.filter(conversation=conversation):
        turns[turn.leg_id].append(turn)
    spans: dict[int, list[TurnSpan]] = defaultdict(list)
    for span in TurnSpan.objects.filter(turn__conversation=conversation).order_by("turn", "position"):
        spans[span.turn_id].append(span)
    events: dict[int, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(conversation=conversation).order_by("at_ms", "seq"):
        events[event.leg_id].append(event)
    letters: dict[int, list[OutboundMessage]] = defaultdict(list)
    for letter in OutboundMessage.objects.filter(conversation=conversation).order_by("pk"):
        letters[letter.leg_id or 0].append(letter)
    calls = calls_of(conversation)
    legs = Leg.objects.filter(conversation=conversation).select_related("channel", "version").order_by("pk")
    return Record(
        conversation=conversation,
        identities=tuple(Identity.objects.filter(contact=conversation.contact_id).order_by("pk")),
        legs=tuple(
            leg_record(leg, turns[leg.pk], spans, events[leg.pk], letters[leg.pk], calls.get(leg.pk)) for leg in legs
        ),
    )


def leg_record(
    leg: Leg,
    turns: list[Turn],
    spans: dict[int, list[TurnSpan]],
    events: list[Event],
    letters: list[OutboundMessage],
    call: CallRecord | None,
) -> LegRecord:
    turns.sort(key=lambda turn: (turn.number, _ROLE_ORDER.get(Turn.Role(turn.role), 9)))
    # A message is answered on a leg of its own: what was sent for it is the leg's last answer.
    answer = next((turn.pk for turn in reversed(turns) if turn.role == Turn.Role.AGENT), None)
    answers = tuple(letter for letter in letters if letter.key.startswith(ANSWER))
    by_person: dict[str, list[OutboundMessage]] = defaultdict(list)
    for letter in letters:
        if found := BY_PERSON.fullmatch(letter.key):
            by_person[found["turn"] + found["key"]].append(letter)

    def deliveries(turn: Turn) -> tuple[OutboundMessage, ...]:
        return answers if turn.pk == answer else tuple(by_person[turn.message_id]) if turn.message_id else ()

    records = tuple(TurnRecord(turn, tuple(spans[turn.pk]), deliveries(turn)) for turn in turns)
    written: dict[str, list[OutboundMessage]] = defaultdict(list)
    for letter in letters:
        if found := WRITTEN.fullmatch(letter.key):
            written[found["call"]].append(letter)
    return LegRecord(
        leg=leg,
        turns=records,
        events=tuple(events),
        items=_in_order(records, events),
        written=dict(written),
        call=call,
    )


def _in_order(turns: tuple[TurnRecord, ...], events: list[Event]) -> tuple[TurnRecord | Event, ...]:
    """Each event before the first turn that began after it; turns keep their own order."""
    items: list[TurnRecord | Event] = []
    waiting = [event for event in reversed(events) if event.kind != EventKind.INTERRUPTED]
    for record in turns:
        while waiting and waiting[-1].at_ms < record.turn.started_ms:
            items.append(waiting.pop())
        items.append(record)
    return (*items, *reversed(waiting))


def unheard(heard: str, written: str) -> str:
    """The part of `written` after `heard`, compared word by word: spacing may differ.

    >>> unheard("We open at", "We open  at nine. Shall I book?")
    'nine. Shall I book?'
    """
    said, words = heard.split(), written.split()
    same = 0
    for left, right in zip(said, words, strict=False):
        if _bare(left) != _bare(right):
            break
        same += 1
    return " ".join(words[same:]) if same == len(said) else written


def _bare(word: str) -> str:
    return word.strip(".,;:!?…—–-\"'").casefold()
