"""`parley.code`: sends a caller six digits, and checks what they say those were.

The digits are in the message and nowhere else: kept is a keyed digest, and the message is wiped when it has served.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import msgspec
from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from agents.tools.answer import ToolAnswer, failure
from channels_io.actions.forget_codes import wipe
from channels_io.actions.queue_message import queue_message
from channels_io.code_text import code_message, digest_of, is_code, new_code
from channels_io.guards.ask import ask
from channels_io.guards.errors import NotAllowed
from channels_io.identities import PHONE, WHATSAPP
from channels_io.live.own_tools import OwnCall
from channels_io.live.tool_names import CODE_DIGITS
from channels_io.messaging.content import TextContent
from channels_io.models import Channel, Contact, Conversation, Identity, Leg, OneTimeCode, Spending, Thread
from channels_io.phone_numbers import clean_number
from channels_io.reads.messaging_channel import channel_for
from channels_io.reads.threads import thread_for
from parley.accounts.actor import system_actor
from parley.accounts.audit import audit

GOOD_MINUTES: Final = 10
MOST_TRIES: Final = 5
IN_A_CONVERSATION: Final = 3
IN_AN_HOUR: Final = 5
"""Codes to one address, whoever asks for them: 25 guesses of a million an hour at most."""


async def code(call: OwnCall) -> ToolAnswer:
    """Arguments: action "send" (channel, to, anywhere) or "check" (digits).

    A code that is right is answered with what it proved: "caller", or "address" where nobody knew that address before.
    """
    answer: ToolAnswer = await database_sync_to_async(_answer)(call)
    return answer


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Address:
    kind: str
    value: str


def _answer(call: OwnCall) -> ToolAnswer:
    leg = (
        Leg.objects.select_related("conversation__contact", "conversation__agent", "workspace")
        .filter(public_id=call.facts.leg)
        .first()
    )
    if leg is None:
        return failure("code_none", "There is no such conversation.")
    try:
        if _argument(call, "action") == "check":
            return _checked(leg, _argument(call, CODE_DIGITS))
        return _sent(call, leg)
    except _Refused as error:
        return failure(error.code, str(error))
    except NotAllowed as error:
        return failure(error.code, error.message)


# --- sending ------------------------------------------------------------------------------------------


def _sent(call: OwnCall, leg: Leg) -> ToolAnswer:
    """Raises _Refused, NotAllowed."""
    scope: Literal["sms", "whatsapp"] = "whatsapp" if _argument(call, "channel") == "whatsapp" else "sms"
    conversation = leg.conversation
    channel = channel_for(leg.workspace, conversation.agent, scope)
    if channel is None:
        raise _Refused("no_channel", f"No channel for {scope} is connected: an operator can add one under Channels.")
    address = _address(call, conversation.contact, channel, scope)
    digits = new_code()
    now = timezone.now()
    with transaction.atomic():
        # One at a time in a conversation: limits are counts.
        Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
        _check_limits(leg, address)
        wipe(OneTimeCode.objects.filter(conversation=conversation, used_at=None), now)
        row = OneTimeCode.objects.create(
            workspace=leg.workspace,
            conversation=conversation,
            leg=leg,
            identity_kind=address.kind,
            address=address.value,
            digest=digest_of(digits, conversation.public_id),
            expires_at=now + timedelta(minutes=GOOD_MINUTES),
        )
    ask(
        leg.workspace,
        Spending.What(scope),
        address.value,
        key=row.message_key,
        channel=channel,
        agent=conversation.agent,
    )
    own = Identity.objects.filter(contact=conversation.contact, kind=address.kind, value=address.value).exists()
    text = code_message(digits, call.facts.agent, call.spec.language, GOOD_MINUTES)
    # Of no conversation: whoever reads the record must not read the code.
    queue_message(
        thread=thread_for(channel, address.value, conversation.contact if own else None),
        content=TextContent(text),
        key=row.message_key,
    )
    return ToolAnswer(ok=True, result='{"sent":true}')


def _check_limits(leg: Leg, address: _Address) -> None:
    codes = OneTimeCode.objects.filter(workspace=leg.workspace)
    if codes.filter(conversation=leg.conversation).count() >= IN_A_CONVERSATION:
        raise _Refused("code_limit", "No more codes are sent in this conversation.")
    hour = timezone.now() - timedelta(hours=1)
    if codes.filter(address=address.value, sent_at__gt=hour).count() >= IN_AN_HOUR:
        raise _Refused("code_limit", "No more codes are sent to this address for now.")


def _address(call: OwnCall, contact: Contact, channel: Channel, scope: str) -> _Address:
    """Where the code goes: where the caller is known, and nowhere that they have just named. Raises _Refused."""
    known = _known(contact, channel, scope)
    to = _argument(call, "to").strip()
    if not to:
        calls_from = _Address(PHONE, call.facts.variables.get("caller", ""))
        chosen = calls_from if calls_from in known else next(iter(known), None)
        if chosen is None:
            raise _Refused("no_address", "No address is known that a code could be sent to.")
        return chosen
    try:
        wanted = clean_number(to)
    except ValidationError as error:
        raise _Refused("bad_address", "This is not a telephone number.") from error
    found = next((address for address in known if address.value == wanted), None)
    if found is None and _argument(call, "anywhere") != "yes":
        raise _Refused("address_unknown", "The caller is not known by this number.")
    return found or _Address(PHONE, wanted)


def _known(contact: Contact, channel: Channel, scope: str) -> list[_Address]:
    """The contact's addresses that this channel reaches, those that were proved before first."""
    kinds = (PHONE,) if scope == "sms" else (PHONE, WHATSAPP)
    rows = list(Identity.objects.filter(contact=contact, kind__in=kinds).order_by("pk"))
    written = set(Thread.objects.filter(channel=channel, contact=contact).values_list("address", flat=True))
    reached = [row for row in rows if row.kind == PHONE or row.value in written]
    reached.sort(key=lambda row: (row.verified_at is None, row.value not in written))
    return [_Address(row.kind, row.value) for row in reached]


# --- checking -----------------------------------------------------------------------------------------


def _checked(leg: Leg, digits: str) -> ToolAnswer:
    """Every look costs a try, whatever comes of it. Raises _Refused."""
    now = timezone.now()
    conversation = leg.conversation
    with transaction.atomic():
        row = (
            OneTimeCode.objects.select_for_update()
            .filter(conversation=conversation, used_at=None)
            .order_by("-pk")
            .first()
        )
        if row is None:
            raise _Refused("code_none", "No code was sent.")
        if row.tries >= MOST_TRIES:
            raise _Refused("code_tries", "This code was tried too often.")
        if row.expires_at <= now:
            raise _Refused("code_expired", "This code is too old.")
        row.tries += 1
        right = is_code(digits, conversation.public_id, row.digest)
        row.used_at, row.leg = (now, leg) if right else (None, row.leg)
        row.save(update_fields=["tries", "used_at", "leg"])
        proved = _prove(leg, row) if right else ""
        if right or row.tries >= MOST_TRIES:
            wipe(OneTimeCode.objects.filter(pk=row.pk), now)
    if not right:
        return failure("code_wrong", "This is not the code.", left=MOST_TRIES - row.tries)
    return ToolAnswer(ok=True, result=msgspec.json.encode({"verified": True, "proved": proved}).decode())


def _prove(leg: Leg, row: OneTimeCode) -> Literal["caller", "address"]:
    """The caller is who they are known as. An address that nobody knew stays one that nobody knows: a stranger's proof of
    a telephone of their own must not open somebody else's record."""
    contact = leg.conversation.contact
    own = Identity.objects.filter(contact=contact, kind=row.identity_kind, value=row.address)
    if not own.update(verified_at=row.used_at):
        row.leg = None
        row.save(update_fields=["leg"])
        return "address"
    audit(system_actor(leg.workspace), "contact.verified", contact, kind=row.identity_kind, leg=leg.public_id)
    return "caller"


def _argument(call: OwnCall, name: str) -> str:
    value = call.arguments.get(name, "")
    return value if isinstance(value, str) else ""
