"""Take what a provider told us: a row under the provider's own id, before it is told that we have it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min
from django.utils import timezone

from channels_io.message_settings import MessageSettings
from channels_io.messaging.debounce import due_at
from channels_io.messaging.keywords import keyword_of
from channels_io.messaging.reports import settle_report
from channels_io.messaging.wake import ANSWER, wake
from channels_io.models import Account, Channel, InboundEvent, Thread
from channels_io.reads.threads import thread_for
from channels_io.sanitize import clean_json, clean_text


def take_inbound(
    channel: Channel,
    account: Account,
    kind: InboundEvent.Kind,
    key: str,
    body: Mapping[str, Any],
    *,
    address: str = "",
    at: datetime | None = None,
) -> bool:
    """True when it is new. The same `key` of an account twice, from however many requests at once, is one row.

    `body` and `key` as in `messaging.provider`; `address` is whom an answer of a message goes to; `at` is the provider's
    time. A message makes its thread due and wakes whoever answers; a delivery status takes effect here and now where its
    message is known; what a call's event does is its kind's business. Raises DatabaseError when it could not be kept:
    then say no 2xx.
    """
    key = clean_text(key, 250)
    same = InboundEvent.objects.filter(account=account, kind=kind, key=key)
    if same.exists():
        return False
    event = InboundEvent(
        workspace_id=channel.workspace_id,
        account=account,
        channel=channel,
        kind=kind,
        key=key,
        body=clean_json(body),
        provider_at=at,
    )
    try:
        with transaction.atomic():
            _keep(event, channel, address)
    except IntegrityError:
        if same.exists():  # The same one came over another request in this moment.
            return False
        raise
    return True


def _keep(event: InboundEvent, channel: Channel, address: str) -> None:
    match event.kind:
        case InboundEvent.Kind.MESSAGE:
            # Locked before the row gets its number: within a thread, the order of numbers is the order of commits.
            event.thread = _locked_thread(channel, clean_text(address, 200))
            event.received_at = timezone.now()
            event.save(force_insert=True)
            _make_due(event.thread, channel, event)
        case InboundEvent.Kind.STATUS:
            settle_report(event)
            event.save(force_insert=True)
        case _:
            event.state, event.done_at = InboundEvent.State.DONE, timezone.now()
            event.save(force_insert=True)


def _locked_thread(channel: Channel, address: str) -> Thread:
    # No key: beside whoever answers the thread at this moment (`leases.shared`).
    rows = Thread.objects.select_for_update(no_key=True)
    known = rows.filter(channel=channel, address=address).first()
    return known or rows.get(pk=thread_for(channel, address).pk)


def _make_due(thread: Thread, channel: Channel, event: InboundEvent) -> None:
    now = event.received_at
    fresh = InboundEvent.objects.filter(thread=thread, state=InboundEvent.State.WAITING, thought="")
    first: datetime | None = fresh.aggregate(first=Min("received_at"))["first"]
    due = due_at(now, first, MessageSettings.of(channel.settings).debounce_seconds)
    if thread.attempts and thread.due_at is not None:  # An earlier message could not be answered: first that one again.
        due = max(due, thread.due_at)
    if keyword_of(str(event.body.get("text", "")), "sms") == "stop":
        due = now
    said_at = min(event.provider_at or now, now)
    thread.heard_at = max(thread.heard_at or said_at, said_at)
    thread.due_at = due
    thread.save(update_fields=["heard_at", "due_at"])
    transaction.on_commit(partial(wake, ANSWER, thread.pk, countdown=max(0.0, (due - now).total_seconds())))
