"""What an agent does with messages: write to somebody (`parley.send`), or go on there (`parley.move`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec
import phonenumbers
from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from agents.tools.answer import ToolAnswer, failure
from channels_io.actions.queue_message import queue_message
from channels_io.end_reasons import EndReason
from channels_io.guards.ask import ask
from channels_io.guards.errors import NotAllowed
from channels_io.live.own_tools import OwnCall
from channels_io.messaging.content import TextContent, to_json
from channels_io.messaging.permitted import FALLBACK, is_open
from channels_io.messaging.provider import Messenger
from channels_io.messaging.segments import split_text
from channels_io.models import Channel, Leg, OutboundMessage, Spending, Thread
from channels_io.phone_numbers import clean_number
from channels_io.reads.messaging_channel import channel_for
from channels_io.reads.threads import thread_for
from channels_io.registry import UnknownKind, messenger_of
from channels_io.sanitize import clean_text
from inference.errors import ParleyError

MOVED: Final = EndReason.MOVED
BROKEN_OFF: Final = ("", EndReason.ABANDONED, EndReason.SHUTDOWN, EndReason.FAILED, EndReason.WORKER_LOST)
AGAIN_WITHIN: Final = timedelta(minutes=15)
"""A leg that was broken off after it wrote is gone through again within this."""


async def send(call: OwnCall) -> ToolAnswer:
    """Arguments: text, channel ("sms", "whatsapp", "email", "same"), to (empty: the person themselves).

    Answered as soon as the message is committed: it leaves by itself.
    """
    answer: ToolAnswer = await database_sync_to_async(_written)(call, "send")
    return answer


async def move(call: OwnCall) -> ToolAnswer:
    """The same, and the conversation goes on there: the person's answer continues it at the node where it stands."""
    answer: ToolAnswer = await database_sync_to_async(_written)(call, "move")
    if answer.ok:
        call.line.leave(MOVED)
    return answer


class _Unwritable(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Where:
    channel: Channel
    messenger: Messenger
    address: str
    own: bool
    """It is the person's own address."""


def _written(call: OwnCall, verb: Literal["send", "move"]) -> ToolAnswer:
    leg = (
        Leg.objects.select_related("conversation__contact", "conversation__agent", "workspace", "channel__account")
        .filter(public_id=call.facts.leg)
        .first()
    )
    text = clean_text(_argument(call, "text")).strip()
    if leg is None or not text:
        return failure("no_text", "There is nothing to send.")
    try:
        where = _where(call, leg)
        key = f"{verb}:{call.facts.leg}-{call.call}"
        message = _queued(leg, where, text, key, moves=verb == "move")
    except _Unwritable as error:
        return failure(error.code, str(error))
    except NotAllowed as error:
        return failure(error.code, error.message)
    result = {"sent": True, "message": message.public_id}
    return ToolAnswer(ok=True, result=msgspec.json.encode(result).decode())


def _queued(leg: Leg, where: _Where, text: str, key: str, *, moves: bool) -> OutboundMessage:
    """Raises _Unwritable, NotAllowed."""
    abilities = where.messenger.abilities
    contact = leg.conversation.contact if where.own else None
    thread = thread_for(where.channel, where.address, contact)
    if not is_open(thread, abilities) and not where.channel.settings.get(FALLBACK):
        raise _Unwritable("window_closed", "This person has to write first: nothing was sent.")
    earlier = _sent_before(leg, thread, text)
    if earlier is not None:
        return earlier
    ask(
        leg.workspace,
        Spending.What(abilities.scope),
        where.address,
        key=key,
        channel=where.channel,
        agent=leg.conversation.agent,
    )
    parts = split_text(text, abilities.text_limit)
    with transaction.atomic():
        rows = [
            queue_message(
                thread=thread,
                content=TextContent(part),
                key=key if number == 0 else f"{key}:{number}",
                conversation=leg.conversation,
                leg=leg,
            )
            for number, part in enumerate(parts)
        ]
        if moves:
            Thread.objects.filter(pk=thread.pk).update(conversation=leg.conversation)
    return rows[0]


def _sent_before(leg: Leg, thread: Thread, text: str) -> OutboundMessage | None:
    """The same words by a leg of this conversation that was broken off: this leg goes its way once more."""
    rows = OutboundMessage.objects.filter(
        thread=thread,
        conversation=leg.conversation,
        content=to_json(TextContent(text)),
        created_at__gt=timezone.now() - AGAIN_WITHIN,
        leg__end_reason__in=BROKEN_OFF,
    )
    return rows.exclude(leg=leg).order_by("-pk").first()


def _where(call: OwnCall, leg: Leg) -> _Where:
    """Raises _Unwritable."""
    wanted = _argument(call, "channel") or "sms"
    channel = _channel(wanted, leg)
    try:
        messenger = messenger_of(channel)
    except (UnknownKind, LookupError, ParleyError) as error:
        raise _Unwritable("not_connected", "The channel for messages cannot be used at the moment.") from error
    to = _argument(call, "to").strip()
    own = _own_address(call, leg, channel)
    if not to:
        if not own:
            raise _Unwritable("no_address", "It is not known where to write to this person.")
        return _Where(channel, messenger, own, own=True)
    address = to if to == own else _number(to, leg)
    return _Where(channel, messenger, address, own=address == own)


def _channel(wanted: str, leg: Leg) -> Channel:
    if wanted == "email":
        raise _Unwritable("not_connected", "Sending e-mail is not connected on this server.")
    if wanted == "same" and leg.channel is not None and _carries_messages(leg.channel):
        return leg.channel
    scope: Literal["sms", "whatsapp"] = "whatsapp" if wanted == "whatsapp" else "sms"
    channel = channel_for(leg.workspace, leg.conversation.agent, scope)
    if channel is None:
        raise _Unwritable("no_channel", f"No channel for {scope} is connected: an operator can add one under Channels.")
    return channel


def _carries_messages(channel: Channel) -> bool:
    try:
        messenger_of(channel)
    except (UnknownKind, LookupError, ParleyError):
        return False
    return True


def _own_address(call: OwnCall, leg: Leg, channel: Channel) -> str:
    """Where this person was last written with on the channel, or their number."""
    contact = leg.conversation.contact
    thread = Thread.objects.filter(channel=channel, contact=contact).order_by("-heard_at", "-pk").first()
    if thread is not None:
        return thread.address
    numbers = list(contact.identities.filter(kind="phone").order_by("pk").values_list("value", flat=True))
    caller = call.facts.variables.get("caller", "")
    if caller in numbers:
        return caller
    return numbers[0] if numbers else ""


def _number(to: str, leg: Leg) -> str:
    """E.164 of what a flow filled in. Whether it may be written to is the guards' to say."""
    try:
        return clean_number(to, _region(leg))
    except ValidationError as error:
        raise _Unwritable("bad_address", "This is not a telephone number.") from error


def _region(leg: Leg) -> str | None:
    """Of the number that the person reached us on: national numbers are read as its country's."""
    try:
        parsed = phonenumbers.parse(leg.channel.address if leg.channel is not None else "", None)
    except phonenumbers.NumberParseException:
        return None
    region: str | None = phonenumbers.region_code_for_number(parsed)
    return region


def _argument(call: OwnCall, name: str) -> str:
    value: Any = call.arguments.get(name, "")
    return value if isinstance(value, str) else str(value)
