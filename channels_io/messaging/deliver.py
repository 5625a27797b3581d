"""Send what waits in a thread: in order, and each message once, whatever breaks in between.

Before a message is handed over it is marked `unsure`, in a transaction of its own. Only an answer takes the
mark away. So a message whose process was killed, or whose provider fell silent, is looked up before it is sent again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import uuid4

import msgspec
from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.raise_alert import raise_alert
from channels_io.guards.ask import ask
from channels_io.guards.errors import NotAllowed
from channels_io.messaging.backoff import wait_after
from channels_io.messaging.content import as_text, from_json
from channels_io.messaging.permitted import Refusal, permitted_content
from channels_io.messaging.provider import Messenger, SendFailed, Sent
from channels_io.messaging.ranks import after
from channels_io.messaging.reports import reports_of
from channels_io.messaging.segments import segments_of
from channels_io.messaging.wake import DELIVER, wake
from channels_io.models import OutboundMessage, Spending
from channels_io.registry import UnknownKind, messenger_of
from channels_io.sanitize import clean_text
from inference.errors import ParleyError

logger = logging.getLogger(__name__)

LEASE_SECONDS: Final = 60.0
"""Longer than any provider is waited for."""
MOST_TRIES: Final = 15
LOOK_UP_AFTER_SECONDS: Final = 5.0
"""A message that was just taken may not be in the provider's list yet."""
REPORT_AFTER_SECONDS: Final = 30.0
"""Where there is no list, a delivery report is waited for instead."""
SOON_SECONDS: Final = 120.0
"""A limit that lifts within this is waited for; otherwise the message is refused."""
SENT_AGAIN: Final = "sent_again"

State = OutboundMessage.State


def deliver_thread(thread: int) -> int:
    """Send all of the thread (primary key) that is due. Returns how many rows were worked on."""
    worked = 0
    while (message := _claim(thread)) is not None:
        _deliver(message)
        worked += 1
    return worked


def _claim(thread: int) -> OutboundMessage | None:
    """The oldest that waits, if it is due and nobody is at it. No other: they leave in their order."""
    now = timezone.now()
    with transaction.atomic():
        waiting = OutboundMessage.objects.filter(thread_id=thread, state=State.WAITING).order_by("pk")
        related = waiting.select_related("workspace", "channel__account", "channel__agent", "thread", "conversation")
        head = related.select_for_update(of=("self",)).first()
        if head is None or head.due_at > now or (head.lease_until is not None and head.lease_until > now):
            return None
        head.lease, head.lease_until = uuid4().hex, now + timedelta(seconds=LEASE_SECONDS)
        head.attempts += 1
        head.save(update_fields=["lease", "lease_until", "attempts", "updated_at"])
        return head


def _deliver(message: OutboundMessage) -> None:
    try:
        sent = _handed_over(message)
    except Refusal as refusal:
        _end(message, State.REFUSED, refusal.code, refusal.message)
    except NotAllowed as error:
        if not error.permanent and (error.code == "guard_unavailable" or 0 < error.retry_after <= SOON_SECONDS):
            _again(message, error, at_least=error.retry_after, unsure=message.unsure)
        else:
            _end(message, State.REFUSED, error.code, error.message)
    except SendFailed as error:
        match error.verdict:
            case "never":
                _end(message, State.FAILED, error.code, error.message)
            case "later" | "unknown":
                _again(message, error, at_least=error.retry_after, unsure=error.verdict == "unknown")
    except (DatabaseError, InterfaceError):
        raise  # The lease ends by itself, and the mark says whether it may have left.
    except Exception as error:  # A kind of somebody else's may raise anything: the row must not stay leased for that.
        logger.exception("Message %s could not be sent.", message.public_id)
        _again(message, ParleyError(type(error).__name__, code="send_broke"), unsure=message.unsure)
    else:
        _sent(message, sent)


def _handed_over(message: OutboundMessage) -> Sent:
    """Raises Refusal, NotAllowed, SendFailed."""
    channel = message.channel
    if channel is None or not channel.enabled:
        raise Refusal("channel_gone", _("The channel is off or was deleted."))
    try:
        messenger = messenger_of(channel)
    except (UnknownKind, LookupError) as error:
        raise Refusal("channel_gone", str(error)) from error
    again = False
    if message.unsure:
        found = _found(message, messenger)
        if found is not None:
            return found
        again = not messenger.abilities.lists_messages
    try:
        content = permitted_content(message, from_json(message.content), messenger.abilities)
    except msgspec.ValidationError as error:
        raise Refusal("not_a_message", str(error)) from error
    if not message.key.startswith("stop:"):
        what = Spending.What(messenger.abilities.scope)
        units = segments_of(as_text(content)).count if what == Spending.What.SMS else 1
        to = message.thread.address
        ask(message.workspace, what, to, key=message.key, channel=channel, agent=channel.agent, units=units)
    _mark_unsure(message, again=again)
    return messenger.send(message.thread.address, content, key=message.public_id)


def _found(message: OutboundMessage, messenger: Messenger) -> Sent | None:
    """What the provider knows of a message that may have reached it. Raises SendFailed to wait, Refusal to give up."""
    try:
        found = messenger.look_up(message)
    except SendFailed as error:  # What it was to settle stays open.
        raise SendFailed(error.message, code=error.code, verdict="unknown", retry_after=error.retry_after) from error
    if found is None and not messenger.abilities.lists_messages and message.error_code == SENT_AGAIN:
        raise Refusal("outcome_unknown", _("It was handed over twice, and both times the provider did not answer."))
    return found


def _mark_unsure(message: OutboundMessage, *, again: bool) -> None:
    """Committed before the first byte leaves. `again`: nobody can say whether the first one arrived; there is no third."""
    message.unsure = True
    message.error_code = SENT_AGAIN if again else message.error_code
    marked = OutboundMessage.objects.filter(pk=message.pk, lease=message.lease, state=State.WAITING)
    if not marked.update(unsure=True, error_code=message.error_code):
        raise SendFailed("Another process took this message over.", code="lease_lost", verdict="later")


def _sent(message: OutboundMessage, sent: Sent) -> None:
    with transaction.atomic():
        row = OutboundMessage.objects.select_for_update().get(pk=message.pk)
        row.provider_id = row.provider_id or clean_text(sent.provider_id, 200)
        row.segments = max(row.segments, sent.segments)
        row.sent_at = row.sent_at or timezone.now()
        row.state = after(row.state, State.SENT)
        row.unsure, row.lease, row.lease_until = False, "", None
        if row.state == State.SENT and row.error_code != SENT_AGAIN:
            row.error_code = row.error = ""
        row.save()
    reports_of(row)


def _again(message: OutboundMessage, error: ParleyError, *, unsure: bool, at_least: float = 0.0) -> None:
    if message.attempts >= MOST_TRIES:
        _end(message, State.DEAD, error.code, error.message)
        return
    if unsure:
        at_least = max(at_least, _look_up_after(message))
    wait = wait_after(message.attempts, at_least=at_least)
    row = OutboundMessage.objects.filter(pk=message.pk, lease=message.lease, state=State.WAITING)
    kept = SENT_AGAIN if message.error_code == SENT_AGAIN else clean_text(error.code, 60)
    updated = row.update(
        lease="",
        lease_until=None,
        due_at=timezone.now() + wait,
        unsure=unsure,
        error_code=kept,
        error=clean_text(error.message, 300),
    )
    if updated:
        wake(DELIVER, message.thread_id, countdown=wait.total_seconds())


def _look_up_after(message: OutboundMessage) -> float:
    try:
        listed = message.channel is not None and messenger_of(message.channel).abilities.lists_messages
    except ParleyError:
        listed = False
    return LOOK_UP_AFTER_SECONDS if listed else REPORT_AFTER_SECONDS


def _end(message: OutboundMessage, state: State, code: str, words: str) -> None:
    """Nothing more is tried by itself; the messages behind it go on."""
    with transaction.atomic():
        row = OutboundMessage.objects.select_for_update().get(pk=message.pk)
        if row.state != State.WAITING:  # A report has settled it meanwhile.
            return
        row.state, row.error_code, row.error = state, clean_text(code, 60), clean_text(words, 300)
        row.lease, row.lease_until = "", None
        row.save()
        _tell(row)


def _tell(row: OutboundMessage) -> None:
    if row.state == State.REFUSED and row.error_code in ("window_closed", "opted_out"):
        return  # As it should be: nobody has to do anything.
    where = row.channel.name if row.channel is not None else ""
    text = _("A message over %(channel)s was not sent: %(reason)s") % {"channel": where, "reason": row.error}
    key = f"message:{row.channel_id}:{row.state}:{row.error_code}"
    raise_alert(row.workspace, "message_not_sent", key, text[:500], {"message": row.public_id, "code": row.error_code})
