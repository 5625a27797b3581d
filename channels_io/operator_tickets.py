"""Single-use tickets of people who watch a conversation: what `tickets.py` is for callers."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import msgspec
import redis
import redis.asyncio
from django.conf import settings
from msgspec import Struct

TTL_SECONDS: Final = 60
MAX_TOKEN_CHARS: Final = 128


class OperatorTicket(Struct, frozen=True, kw_only=True):
    """Ids are public ids. `listen`: may hear the call; `speak`: may talk on it, once the conversation is theirs."""

    workspace: str
    conversation: str
    user: str
    name: str
    listen: bool = False
    speak: bool = False


_decoder = msgspec.json.Decoder(OperatorTicket)


def issue_operator_ticket(ticket: OperatorTicket) -> str:
    """Store it for a minute; the secret that opens one socket."""
    secret = secrets.token_urlsafe(24)
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        store.set(_key(secret), msgspec.json.encode(ticket), ex=TTL_SECONDS)
    return secret


async def redeem_operator_ticket(secret: str) -> OperatorTicket | None:
    """The ticket, once; None when it is unknown, expired or used."""
    if not secret or len(secret) > MAX_TOKEN_CHARS:
        return None
    async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as store:
        stored = await store.getdel(_key(secret))
    return None if stored is None else _decoder.decode(stored)


def _key(secret: str) -> str:
    return "parley:operator-ticket:" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
