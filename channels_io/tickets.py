"""Single-use tickets: how a page that is allowed to talk opens a socket that carries no cookie.

A view checks the person, issues a ticket, and the page opens its socket with it. The ticket lies in
Valkey under the hash of its secret, for a minute, and is taken out by the first socket that shows it.
"""

from __future__ import annotations

import hashlib
import secrets

import msgspec
import redis
import redis.asyncio
from django.conf import settings
from msgspec import Struct

from channels_io.mocks import Mocks

DEFAULT_TTL_SECONDS = 60
ANY_ORIGIN = "*"
"""In `Ticket.origins`: for programs that are no browser and send no Origin (commands, benchmarks)."""
MAX_TOKEN_CHARS = 128


class BackTo(Struct, frozen=True, forbid_unknown_fields=True):
    """The moment before turn `turn` of leg `leg` (public id) of a test conversation."""

    leg: str
    turn: int


class Ticket(Struct, frozen=True, kw_only=True):
    """What the holder may open. Ids are public ids."""

    workspace: str
    kind: str
    agent: str
    channel: str = ""
    version: str = "published"
    """"published", "draft" or the public id of a version."""
    conversation: str = ""
    """Not empty: go on in this conversation."""
    identity: tuple[str, str] | None = None
    """(kind, value) of the contact, such as ("visitor", "v_..."); None = an anonymous caller."""
    origins: tuple[str, ...] = ()
    """Allowed Origin headers; empty = only pages of the server that the socket is opened on."""
    user: str = ""
    """Public id of the member who talks, for a test call; empty for visitors."""
    test: bool = False
    """For the test bench: the holder is shown the way through the flow, and no figure counts the conversation."""
    back_to: BackTo | None = None
    """Go on in `conversation` from here instead of from its end; tests only."""
    mocks: Mocks = {}


_decoder = msgspec.json.Decoder(Ticket)


def issue_ticket(ticket: Ticket, ttl: int = DEFAULT_TTL_SECONDS) -> str:
    """Store `ticket` for `ttl` seconds; return the secret that opens one socket."""
    secret = secrets.token_urlsafe(24)
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        store.set(_key(secret), msgspec.json.encode(ticket), ex=ttl)
    return secret


async def redeem_ticket(secret: str) -> Ticket | None:
    """The ticket, once; None when it is unknown, expired or used."""
    if not secret or len(secret) > MAX_TOKEN_CHARS:
        return None
    async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as store:
        stored = await store.getdel(_key(secret))
    return None if stored is None else _decoder.decode(stored)


def _key(secret: str) -> str:
    return "parley:ticket:" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
