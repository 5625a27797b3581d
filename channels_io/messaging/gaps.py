"""Fill the gaps that an outage left: a message that we refused, or were never told of, is in the provider's own list."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.db import connection
from django.utils import timezone

from channels_io.actions.take_inbound import take_inbound
from channels_io.messaging.provider import IncomingMessage, Messenger, SendFailed, body_of
from channels_io.models import Account, Channel, InboundEvent
from channels_io.registry import messenger_of
from inference.errors import ParleyError

logger = logging.getLogger(__name__)

OVERLAP: Final = timedelta(minutes=4)
"""A list may be behind the webhooks, and clocks differ. What is read twice is taken once."""
WINDOW: Final = timedelta(hours=1)
SMALLEST: Final = timedelta(seconds=1)
SLOWEST: Final = timedelta(minutes=1)
"""What is asked for at once: an hour, less where a list is too long (down to SMALLEST) or too slow (SLOWEST) for that."""
ROUND: Final = timedelta(minutes=2)
LONGEST: Final = timedelta(days=7)
"""Nobody waits longer for an answer."""


def fill_gaps() -> int:
    """Compare every account's list with the inbox. Idempotent. Returns how many messages had been missed."""
    accounts = Account.objects.filter(channels__enabled=True).distinct().order_by("caught_up_at", "pk")
    return sum(fill_account(account) for account in accounts)


def fill_account(account: Account) -> int:
    """What the account's lists hold and the inbox does not is taken now, as if it had been told of.

    One process at a time does it: after a long outage a list may be longer than the time between two rounds.
    """
    with _alone(account) as alone:
        return _fill_account(account) if alone else 0


@contextmanager
def _alone(account: Account) -> Generator[bool]:
    """Whether nobody else is at it. The lock is the database connection's, and ends with it."""
    name = f"gaps:{account.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        [mine] = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _fill_account(account: Account) -> int:
    now = timezone.now()
    lines = _lines(account)
    begin = _begun(account, lines, now)
    missed, window = 0, WINDOW
    while lines and begin < now and timezone.now() - now < ROUND:
        until = min(begin + window, now)
        try:
            missed += sum(_fill(channel, messenger, account, begin, until) for channel, messenger in lines)
        except SendFailed as error:
            logger.warning("The messages of account %s could not be listed: %s", account.public_id, error.code)
            if window <= (SMALLEST if error.code == "too_many" else SLOWEST):
                break
            window = max(SMALLEST, window / 4)  # A shorter list is answered sooner.
            continue
        # Kept at each step: a long outage is caught up with piece by piece.
        begin, window = until, min(WINDOW, 2 * window)
        Account.objects.filter(pk=account.pk).update(caught_up_at=begin)
    if missed:
        logger.warning(
            "%d messages of account %s had not reached us; they are answered now.", missed, account.public_id
        )
    return missed


def _lines(account: Account) -> list[tuple[Channel, Messenger]]:
    """The channels that can be asked."""
    lines = []
    for channel in account.channels.filter(enabled=True).select_related("account", "workspace", "agent"):
        try:
            messenger = messenger_of(channel)
        except LookupError:  # UnknownKind too: a channel of no messages
            continue
        except ParleyError as error:
            logger.warning("Channel %s cannot be asked for its messages: %s", channel.public_id, error)
            continue
        if messenger.abilities.lists_messages:
            lines.append((channel, messenger))
    return lines


def _begun(account: Account, lines: Sequence[tuple[Channel, Messenger]], now: datetime) -> datetime:
    oldest: datetime = min((channel.created_at for channel, _messenger in lines), default=now)
    return max(oldest, (account.caught_up_at or oldest) - OVERLAP, now - LONGEST)


def _fill(channel: Channel, messenger: Messenger, account: Account, begin: datetime, until: datetime) -> int:
    """Raises SendFailed."""
    # What was written before there was a channel was not written to it.
    since = max(channel.created_at, begin)
    if since >= until:
        return 0
    listed = _in_one_order(messenger.since(since, until))
    _set_times(account, {message.key: at for message, at in listed})
    known = _known(account, [message.key for message, _at in listed])
    return sum(
        take_inbound(
            channel,
            account,
            InboundEvent.Kind.MESSAGE,
            message.key,
            body_of(message),
            address=message.address,
            at=at,
        )
        for message, at in listed
        if message.key not in known
    )


def _known(account: Account, keys: Sequence[str]) -> set[str]:
    """Of the keys those that the inbox holds: nearly all of a list, which is why they are not asked for one by one."""
    rows = InboundEvent.objects.filter(account=account, kind=InboundEvent.Kind.MESSAGE, key__in=keys)
    return set(rows.values_list("key", flat=True))


def _in_one_order(messages: Iterable[IncomingMessage]) -> list[tuple[IncomingMessage, datetime | None]]:
    """With their times, of which no two are equal: a list tells whole seconds, and its order tells the rest."""
    ordered: list[tuple[IncomingMessage, datetime | None]] = []
    last: datetime | None = None
    for message in messages:
        if message.at is not None:
            last = message.at if last is None or message.at > last else last + timedelta(microseconds=1)
        ordered.append((message, message.at and last))
    return ordered


def _set_times(account: Account, times: Mapping[str, datetime | None]) -> None:
    """Messages that we were told of without a time get the list's: else one that it fills in seems older or newer."""
    rows = InboundEvent.objects.filter(
        account=account, kind=InboundEvent.Kind.MESSAGE, state=InboundEvent.State.WAITING, provider_at=None
    )
    known = rows.filter(key__in=times).only("pk", "key", "thread").order_by("thread", "pk")
    for _thread, events in groupby(known, key=lambda event: event.thread_id):
        together = list(events)
        for event in together:
            event.provider_at = times[event.key]
        # In one statement: a list's time is up to a second before ours, so whoever reads the thread between two updates
        # would find the one that has it before an older one that has not.
        InboundEvent.objects.bulk_update(together, ["provider_at"])
