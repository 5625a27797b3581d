"""The next thought of a thread: which messages are answered together, written down before the first try."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from channels_io.messaging.keywords import Keyword, Scope, keyword_of
from channels_io.messaging.leases import Lease, held
from channels_io.messaging.provider import IncomingMessage, message_of
from channels_io.messaging.thoughts import Piece, first_thought, in_order
from channels_io.messaging.wake import ANSWER, wake
from channels_io.models import InboundEvent, OptOut, Thread

logger = logging.getLogger(__name__)

State = InboundEvent.State
MOST_ROWS: Final = 300
"""Looked at in one go, of a thread that was left alone for long."""


@dataclass(frozen=True, slots=True)
class Thought:
    """`id` is the same however often it is tried: what an answer is known by."""

    id: str
    events: tuple[InboundEvent, ...]
    messages: tuple[IncomingMessage, ...]
    keyword: Keyword | None
    tries: int
    """This one included, and those whose process was killed."""


def next_thought(lease: Lease, scope: Scope) -> Thought | None:
    """What is to be answered now. None: nothing more is due, and the lease is given back. Raises LeaseLost."""
    with transaction.atomic():
        thread = held(lease)
        events = _readable(InboundEvent.objects.filter(thread=thread, state=State.WAITING).order_by("pk")[:MOST_ROWS])
        if not events or (thread.due_at is not None and thread.due_at > timezone.now()):
            release(thread, due=bool(events))
            return None
        together = _stop(thread, events, scope) or _begun(events) or _fresh(thread, events, scope)
        rows = [event for event, _message in together]
        name = rows[0].thought or f"in-{rows[0].pk}"
        InboundEvent.objects.filter(pk__in=[row.pk for row in rows]).update(thought=name, attempts=F("attempts") + 1)
        messages = tuple(message for _event, message in together)
        keyword = _keyword(thread, messages[0], scope) if len(messages) == 1 else None
        return Thought(name, tuple(rows), messages, keyword, rows[0].attempts + 1)


def release(thread: Thread, *, due: bool) -> None:
    """Give back the lease of a locked thread. `due`: something waits, until `thread.due_at`."""
    thread.lease, thread.lease_until = "", None
    if not due:
        thread.due_at, thread.attempts = None, 0
    thread.save(update_fields=["lease", "lease_until", "due_at", "attempts"])
    if due and thread.due_at is not None:
        # Whoever was woken for it meanwhile found the lease taken.
        wait = max(0.0, (thread.due_at - timezone.now()).total_seconds())
        transaction.on_commit(partial(wake, ANSWER, thread.pk, countdown=wait))


def put_off(lease: Lease, thought: Thought, seconds: float, *, counts: bool, failed: bool = True) -> None:
    """Try again in `seconds`. `counts`: as one of the tries that a thought has. Raises LeaseLost."""
    with transaction.atomic():
        thread = held(lease)
        if not counts:
            rows = InboundEvent.objects.filter(pk__in=[row.pk for row in thought.events], attempts__gt=0)
            rows.update(attempts=F("attempts") - 1)
        thread.due_at = timezone.now() + timedelta(seconds=seconds)
        thread.attempts = min(thread.attempts + failed, 1000)
        release(thread, due=True)


def finish(thought: Thought, state: State = State.DONE, error: str = "") -> None:
    """Within the transaction that holds the thread and does what the thought asked for."""
    rows = InboundEvent.objects.filter(pk__in=[row.pk for row in thought.events])
    rows.update(state=state, done_at=timezone.now(), error=error[:200])
    Thread.objects.filter(pk__in=[row.thread_id for row in thought.events if row.thread_id]).update(attempts=0)


Read = list[tuple[InboundEvent, IncomingMessage]]


def _readable(events: Iterable[InboundEvent]) -> Read:
    """Those whose body is a message; the others are dead, and hold nobody up."""
    read: Read = []
    for event in events:
        try:
            read.append((event, message_of(event.body)))
        except msgspec.ValidationError as error:
            logger.error("Event %d holds no message: %s", event.pk, error)
            event.state, event.error = State.DEAD, "not_a_message"
            event.save(update_fields=["state", "error"])
    return read


def _stop(thread: Thread, events: Read, scope: Scope) -> Read:
    """STOP waits for nothing, least of all for an answer that cannot be given."""
    return next(([pair] for pair in events if _keyword(thread, pair[1], scope) == "stop"), [])


def _begun(events: Read) -> Read:
    """The thought that was tried before, if there is one: exactly its messages, whatever came since."""
    first = next((event.thought for event, _message in events if event.thought), "")
    return _sorted([(event, message) for event, message in events if first and event.thought == first])


def _fresh(thread: Thread, events: Read, scope: Scope) -> Read:
    ordered = _sorted(events)
    pieces = [Piece(message, _keyword(thread, message, scope) is not None) for _event, message in ordered]
    return ordered[: first_thought(pieces)]


def _sorted(events: Read) -> Read:
    messages = {event.pk: message for event, message in events}
    return [(event, messages[event.pk]) for event in in_order([event for event, _message in events])]


def _keyword(thread: Thread, message: IncomingMessage, scope: Scope) -> Keyword | None:
    if message.media or message.choice:
        return None
    found = keyword_of(message.text, scope)
    if found is None and message.text.strip().casefold() == "yes":
        rows = OptOut.objects.filter(workspace_id=thread.workspace_id, scope=scope, address=thread.address)
        return keyword_of(message.text, scope, opted_out=rows.exists())
    return found
