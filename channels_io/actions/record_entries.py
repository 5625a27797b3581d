"""Write a batch of a leg's entries: idempotent, in any order, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, assert_never

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from channels_io.actions.keep_last_words import keep_last_words
from channels_io.actions.offer_person import offer_person
from channels_io.announce import announce
from channels_io.entries import (
    AgentTurn,
    CallerTurn,
    Entry,
    EventEntry,
    StateSnapshot,
    TurnTiming,
    TurnUse,
    missed_budget,
)
from channels_io.models import Conversation, Event, Leg, Turn, TurnSpan, TurnState
from channels_io.privacy.rules import masked_sorts
from channels_io.privacy.words import hidden_event, hidden_state, hide_words
from channels_io.sanitize import clean_count, clean_json, clean_ms, clean_text
from parley.accounts.models import User

logger = logging.getLogger(__name__)

MAX_SPANS = 60
MAX_USES = 24
MAX_GUESSES = 32_767
WORDS = (
    *("text", "full_text", "sealed", "cut", "source", "started_ms", "ended_ms", "at", "text_seq"),
    *("language", "language_probability"),
)
TIMING = (
    "v2v_ms",
    "prompt_tokens",
    "cached_tokens",
    "reply_tokens",
    "guesses_wasted",
    "filler",
    "over_budget",
    "timing_seq",
)
USED = ("used", "used_seq")


def record_entries(leg: Leg, entries: Sequence[Entry]) -> None:
    """Store `entries` of `leg`. May be called again with the same entries, and from several tasks.

    Entries of a leg that was erased meanwhile are dropped: there is nothing left to record into.
    """
    if not entries:
        return
    batch = _fold(entries)
    with transaction.atomic():
        rows = Leg.objects.select_for_update(of=("self",)).select_related("conversation__contact", "workspace")
        locked = rows.filter(pk=leg.pk).first()
        if locked is None or locked.conversation.contact.erased_at is not None:
            logger.info("Entries of leg %s were dropped: it, or its person, was erased.", leg.public_id)
            return
        written = _write_turns(locked, batch)
        _write_events(locked, batch.events)
        if locked.conversation.test:
            _keep_states(locked, batch.states.values())
        _touch_conversation(locked, batch)
        if batch.state is not None and batch.state.state.misses:
            transaction.on_commit(partial(offer_person, locked.pk, batch.state.state.misses))
        if batch.words:
            keep_last_words(locked, written)
            announce(locked.workspace, locked.conversation, "words")


@dataclass(slots=True)
class _Batch:
    """The newest entry for each thing."""

    words: dict[tuple[int, str], CallerTurn | AgentTurn] = field(default_factory=dict)
    timings: dict[int, TurnTiming] = field(default_factory=dict)
    uses: dict[tuple[int, str], TurnUse] = field(default_factory=dict)
    events: list[EventEntry] = field(default_factory=list)
    state: StateSnapshot | None = None
    states: dict[int, StateSnapshot] = field(default_factory=dict)
    """After each turn."""


def _fold(entries: Iterable[Entry]) -> _Batch:
    batch = _Batch()
    for entry in sorted(entries, key=lambda each: each.seq):
        match entry:
            case CallerTurn():
                batch.words[clean_count(entry.number), Turn.Role.CALLER] = entry
            case AgentTurn():
                batch.words[clean_count(entry.number), entry.role] = entry
            case TurnTiming():
                batch.timings[clean_count(entry.number)] = entry
            case TurnUse():
                batch.uses[clean_count(entry.number), entry.role] = entry
            case EventEntry():
                batch.events.append(entry)
            case StateSnapshot():
                batch.state = batch.states[clean_count(entry.state.turn)] = entry
            case _:
                assert_never(entry)
    return batch


def _write_turns(leg: Leg, batch: _Batch) -> list[Turn]:
    """Those that are new or changed."""
    keys = {*batch.words, *batch.uses, *((number, str(Turn.Role.AGENT)) for number in batch.timings)}
    if not keys:
        return []
    found = {
        (turn.number, turn.role): turn
        for turn in Turn.objects.filter(leg=leg, number__in={number for number, _ in keys})
    }
    people = _people(batch)
    sorts = masked_sorts(leg.workspace_id)
    new: list[Turn] = []
    changed: list[Turn] = []
    timed: list[tuple[Turn, TurnTiming]] = []
    for key in sorted(keys):
        turn = found.get(key) or _blank_turn(leg, *key)
        touched = turn.pk is None
        words = batch.words.get(key)
        if words is not None and words.seq > turn.text_seq:
            _set_words(turn, words)
            hide_words(turn, sorts)
            if isinstance(words, AgentTurn) and words.by:
                turn.by_id = people.get(words.by)
            touched = True
        timing = batch.timings.get(turn.number) if turn.role == Turn.Role.AGENT else None
        if timing is not None and timing.seq > turn.timing_seq:
            _set_timing(turn, timing)
            timed.append((turn, timing))
            touched = True
        use = batch.uses.get(key)
        if use is not None and use.seq > turn.used_seq:
            turn.used = clean_json(msgspec.to_builtins(use.used[:MAX_USES]))
            turn.used_seq = use.seq
            touched = True
        if touched:
            (new if turn.pk is None else changed).append(turn)
    # The same message may come over two legs at once: whichever is second finds it written and leaves it.
    Turn.objects.bulk_create([turn for turn in new if turn.message_id], ignore_conflicts=True)
    Turn.objects.bulk_create([turn for turn in new if not turn.message_id])
    if changed:
        Turn.objects.bulk_update(changed, [*WORDS, *TIMING, *USED])
    _write_spans(timed)
    return [*new, *changed]


def _people(batch: _Batch) -> dict[str, int]:
    """Primary keys of those who spoke for the agent, by public id."""
    named = {words.by for words in batch.words.values() if isinstance(words, AgentTurn) and words.by}
    return dict(User.objects.filter(public_id__in=named).values_list("public_id", "pk")) if named else {}


def _blank_turn(leg: Leg, number: int, role: str) -> Turn:
    return Turn(
        workspace_id=leg.workspace_id,
        conversation_id=leg.conversation_id,
        leg=leg,
        number=number,
        role=role,
        at=leg.started_at,
    )


def _set_words(turn: Turn, entry: CallerTurn | AgentTurn) -> None:
    turn.text = clean_text(entry.text)
    if isinstance(entry, AgentTurn):
        turn.full_text = clean_text(entry.full_text or entry.text)
        turn.cut = entry.cut
    else:
        turn.full_text = turn.text
        turn.message_id = clean_text(entry.message_id, 64)
        turn.language = clean_text(entry.language, 12)
        turn.language_probability = min(1.0, max(0.0, entry.language_probability)) if entry.language else None
    turn.source = entry.source
    turn.started_ms = clean_count(entry.started_ms)
    turn.ended_ms = clean_count(entry.ended_ms)
    turn.at = entry.at
    turn.text_seq = entry.seq


def _set_timing(turn: Turn, entry: TurnTiming) -> None:
    turn.v2v_ms = clean_ms(entry.v2v_ms)
    turn.prompt_tokens = clean_count(entry.prompt_tokens)
    turn.cached_tokens = clean_count(entry.cached_tokens)
    turn.reply_tokens = clean_count(entry.reply_tokens)
    turn.guesses_wasted = min(clean_count(entry.guesses_wasted), MAX_GUESSES)
    turn.filler = entry.filler
    # The budget of this moment: a day is judged by what was promised on it.
    turn.over_budget = missed_budget(turn.v2v_ms, filler=entry.filler, budget_ms=settings.PARLEY_BUDGET_MS)
    turn.timing_seq = entry.seq


def _write_spans(timed: Sequence[tuple[Turn, TurnTiming]]) -> None:
    if not timed:
        return
    TurnSpan.objects.filter(turn__in=[turn for turn, _ in timed]).delete()
    rows: list[TurnSpan] = []
    for turn, timing in timed:
        start = 0.0
        for position, span in enumerate(timing.spans[:MAX_SPANS]):
            ms = clean_ms(span.ms) or 0.0
            rows.append(TurnSpan(turn=turn, position=position, name=clean_text(span.name, 40), start_ms=start, ms=ms))
            start += ms
    TurnSpan.objects.bulk_create(rows)


def _write_events(leg: Leg, events: Sequence[EventEntry]) -> None:
    sorts = masked_sorts(leg.workspace_id)
    rows = [
        Event(
            workspace_id=leg.workspace_id,
            conversation_id=leg.conversation_id,
            leg=leg,
            seq=entry.seq,
            kind=clean_text(entry.kind, 40),
            data=hidden_event(clean_json(entry.data), sorts),
            at_ms=clean_count(entry.at_ms),
            at=entry.at,
        )
        for entry in events
    ]
    if rows:
        Event.objects.bulk_create(rows, ignore_conflicts=True)


def _keep_states(leg: Leg, states: Iterable[StateSnapshot]) -> None:
    for entry in states:
        state = _stored(leg, entry)
        known, made = TurnState.objects.get_or_create(
            leg=leg,
            number=clean_count(entry.state.turn),
            defaults={"workspace_id": leg.workspace_id, "seq": entry.seq, "state": state},
        )
        if not made and known.seq < entry.seq:
            known.seq, known.state = entry.seq, state
            known.save(update_fields=["seq", "state"])


def _touch_conversation(leg: Leg, batch: _Batch) -> None:
    moments: list[datetime] = [entry.at for entry in (*batch.words.values(), *batch.events)]
    conversation = Conversation.objects.filter(pk=leg.conversation_id)
    if moments:
        conversation.update(last_at=Greatest(F("last_at"), max(moments)))
    if batch.state is not None:
        newer = Q(state_leg__lt=leg.pk) | Q(state_leg=leg.pk, state_seq__lt=batch.state.seq)
        conversation.filter(newer).update(
            state=_stored(leg, batch.state),
            state_leg=leg.pk,
            state_seq=batch.state.seq,
        )


def _stored(leg: Leg, entry: StateSnapshot) -> dict[str, Any]:
    return hidden_state(clean_json(msgspec.to_builtins(entry.state)), masked_sorts(leg.workspace_id))
