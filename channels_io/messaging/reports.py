"""Delivery reports → the state of the message they are about, at once or when that message is known."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from channels_io.messaging.provider import DeliveryReport, report_of
from channels_io.messaging.ranks import after
from channels_io.messaging.wake import DELIVER, wake
from channels_io.models import InboundEvent, OutboundMessage
from channels_io.sanitize import clean_text

logger = logging.getLogger(__name__)

WAITS: Final = (5, 10, 20, 40, 60, 120, 300, 600)
"""Seconds between looking for the message of a report that came before it; then it is nobody's."""


def take_report(event: InboundEvent) -> bool:
    """Whether its message was found. Otherwise it waits to be looked at again, or in the end is ignored."""
    with transaction.atomic():
        locked = InboundEvent.objects.select_for_update().get(pk=event.pk)
        if locked.state != InboundEvent.State.WAITING:
            return True
        found = settle_report(locked)
        locked.save(update_fields=["state", "done_at", "due_at", "attempts", "error"])
    return found


def settle_report(event: InboundEvent) -> bool:
    """As `take_report`, on a row that is locked, or that nobody else has seen yet; the row itself is left unsaved.

    Inside a transaction only.
    """
    try:
        found = _apply(event, report_of(event.body))
    except msgspec.ValidationError as error:
        logger.warning("A %s of account %d holds no delivery report: %s", event.kind, event.account_id, error)
        event.state, event.error = InboundEvent.State.DEAD, "not_a_report"
        return False
    if found:
        event.state, event.done_at = InboundEvent.State.DONE, timezone.now()
    else:
        _later(event)
    return found


def reports_of(message: OutboundMessage) -> None:
    """Take what was reported of `message` before its provider's id was known here."""
    if message.channel is None or message.channel.account_id is None:
        return
    names = ("sent", "delivered", "partially_delivered", "undelivered", "read", "played", "failed", "canceled")
    waiting = InboundEvent.objects.filter(
        account_id=message.channel.account_id,
        kind=InboundEvent.Kind.STATUS,
        key__in=[f"{message.provider_id}:{name}" for name in names],
        state=InboundEvent.State.WAITING,
    )
    for event in waiting.order_by("pk"):
        take_report(event)


def _later(event: InboundEvent) -> None:
    if event.attempts >= len(WAITS):
        event.state, event.error = InboundEvent.State.IGNORED, "no_such_message"
        return
    event.due_at = timezone.now() + timedelta(seconds=WAITS[event.attempts])
    event.attempts += 1


def _apply(event: InboundEvent, report: DeliveryReport) -> bool:
    rows = OutboundMessage.objects.select_for_update(of=("self",)).filter(workspace_id=event.workspace_id)
    on_line = rows.filter(channel_id=event.channel_id) if event.channel_id else rows
    message = on_line.filter(provider_id=report.provider_id).first() if report.provider_id else None
    if message is None and report.key:
        message = on_line.filter(public_id=report.key).first()
    if message is None:
        return False
    set_report(message, report, event.provider_at or event.received_at)
    message.save()
    if message.state != OutboundMessage.State.WAITING:  # What waits behind it may go.
        transaction.on_commit(partial(wake, DELIVER, message.thread_id))
    return True


def set_report(message: OutboundMessage, report: DeliveryReport, at: datetime) -> None:
    """On the row, unsaved. Any order of the same reports leaves the same row."""
    moment = report.at or at
    match report.status:
        case "sent":
            message.sent_at = _earlier(message.sent_at, moment)
        case "delivered":
            message.delivered_at = _earlier(message.delivered_at, moment)
        case "read":
            message.read_at = _earlier(message.read_at, moment)
    before, message.state = message.state, after(message.state, report.status)
    if report.status == "failed" and message.state == OutboundMessage.State.FAILED:
        message.error_code, message.error = clean_text(report.error_code, 60), clean_text(report.error, 300)
    elif before != message.state:
        message.error_code = message.error = ""
    message.provider_id = message.provider_id or clean_text(report.provider_id, 200)
    message.unsure, message.lease_until, message.lease = False, None, ""


def _earlier(known: datetime | None, moment: datetime) -> datetime:
    return moment if known is None else min(known, moment)
