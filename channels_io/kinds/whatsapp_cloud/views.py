"""Meta's webhook: the handshake of the set-up, then messages and statuses in batches."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from channels_io.actions.take_inbound import take_inbound
from channels_io.hooks import HookRefused, body_of, hook, hook_secrets, hooked_account, hooked_channel
from channels_io.kinds.whatsapp_cloud.codec import Received, received
from channels_io.kinds.whatsapp_cloud.kind import KIND
from channels_io.messaging import provider
from channels_io.messaging.provider import IncomingMessage
from channels_io.models import Account, Channel, InboundEvent

logger = logging.getLogger(__name__)

SIGNATURE: Final = "X-Hub-Signature-256"
_SIGNATURE: Final = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._-]{1,200}", re.ASCII)


@hook
def webhook(request: HttpRequest, channel: str) -> HttpResponseBase:
    match request.method:
        case "GET":
            return _handshake(request, channel)
        case "POST":
            return _batch(request, channel)
    return HttpResponseNotAllowed(["GET", "POST"])


def _handshake(request: HttpRequest, public_id: str) -> HttpResponse:
    """The challenge back to who knows the verify token."""
    token, challenge = request.GET.get("hub.verify_token", ""), request.GET.get("hub.challenge", "")
    if request.GET.get("hub.mode") != "subscribe" or not token or not _CHALLENGE.fullmatch(challenge):
        raise HookRefused("it is no handshake")
    expected = _secret(hooked_account(hooked_channel(KIND.name, public_id)), "verify_token")
    if not hmac.compare_digest(token.encode(errors="replace"), expected.encode()):
        raise HookRefused("its verify token is wrong")
    return HttpResponse(challenge, content_type="text/plain; charset=utf-8")


def _batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Each message and status committed, then the 2xx. Meta sends a batch again that we did not take to its end."""
    signature = _SIGNATURE.fullmatch(request.headers.get(SIGNATURE, ""))
    if signature is None:
        raise HookRefused("it is not signed")
    channel = hooked_channel(KIND.name, public_id)
    account = hooked_account(channel)
    secret = _secret(account, "app_secret")
    body = body_of(request, KIND.hook_bytes)
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature[1], expected):
        raise HookRefused("its signature is wrong")
    for each in received(_json(body)):
        _take(account, channel, each)
    return HttpResponse("EVENT_RECEIVED", content_type="text/plain; charset=utf-8")


def _take(account: Account, called: Channel, each: Received) -> None:
    channel = called if each.sender == called.address else _channel_of(account, each.sender)
    if channel is None:
        logger.warning("Account %s: a WhatsApp event for a number of no channel was left out.", account.public_id)
        return
    event = each.event
    body = provider.body_of(event)
    if isinstance(event, IncomingMessage):
        kind, key, address = InboundEvent.Kind.MESSAGE, event.key, event.address
    else:
        kind, key, address = InboundEvent.Kind.STATUS, f"{event.provider_id}:{each.word}", ""
    take_inbound(channel, account, kind, key, body, address=address, at=event.at)


def _channel_of(account: Account, sender: str) -> Channel | None:
    """An app has one webhook for all its numbers, unless each is given its own."""
    if not sender:
        return None
    rows = Channel.objects.select_related("workspace", "account__workspace", "agent")
    return rows.filter(account=account, kind=KIND.name, address=sender, enabled=True).first()


def _secret(account: Account, name: str) -> str:
    """Raises HookRefused when there is none: without a key nothing is believed."""
    secret = hook_secrets(account).get(name, "") if account.provider == Account.Provider.META else ""
    if not secret:
        raise HookRefused(f"the account has no {name}")
    return secret


def _json(body: bytes) -> Any:
    """Signed, and yet no JSON: nothing that would get better by being sent again."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        logger.warning("A signed WhatsApp webhook held no JSON.")
        return None
