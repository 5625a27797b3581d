"""What every carrier's webhook does before it believes a word: find the channel, bound the body, know its own address.

Whatever is wrong is one and the same refusal: a stranger learns nothing, and nothing is written. Nothing in here trusts
a header about where the request came from: addresses are built from the configured public URL (T6).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import RawPostDataException, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from channels_io.account_secrets import secrets_of
from channels_io.base import HOOK_BYTES
from channels_io.database_deadline import database_deadline
from channels_io.models import Account, Channel
from parley.lib.sealing import Unsealable

logger = logging.getLogger(__name__)

MAX_BODY: Final = HOOK_BYTES
"""Of kinds that say nothing else."""
SECONDS: Final = 1.8
"""Longer than this the database may not be silent: a carrier that gets a 503 tries again, one that waits gives up."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class HookRefused(Exception):
    """The reason is for our log only: an id or a word of ours, never what was sent."""


def hook(view: View) -> View:
    """A webhook: no cookie, no CSRF token; HookRefused → 403, a database that is away or hangs → 503."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with database_deadline(SECONDS):
                return view(request, *args, **kwargs)
        except HookRefused as refused:
            logger.info("A webhook was refused: %s.", refused)
            return refusal()
        except DatabaseProblem as error:
            return not_now(f"the database is away ({type(error).__name__})")

    return cast(View, csrf_exempt(answered))


def refusal() -> HttpResponse:
    return HttpResponse("Forbidden\n", status=403, content_type="text/plain; charset=utf-8")


def not_now(why: str) -> HttpResponse:
    logger.error("A webhook was not taken: %s.", why)
    answer = HttpResponse("Try again\n", status=503, content_type="text/plain; charset=utf-8")
    answer["Retry-After"] = "5"
    return answer


def hooked_channel(kind: str, public_id: str) -> Channel:
    """The enabled channel of this kind, with its account. Raises HookRefused."""
    rows = Channel.objects.select_related("workspace", "account__workspace", "agent")
    channel = rows.filter(public_id=public_id, kind=kind, enabled=True).first()
    if channel is None or channel.account is None:
        raise HookRefused("there is no such channel")
    return channel


def hooked_account(channel: Channel) -> Account:
    """Raises HookRefused, also where a simulated account is not allowed on this server."""
    account = channel.account
    if account is None:
        raise HookRefused("the channel has no account")
    if account.simulated and not settings.PARLEY_SIMULATORS:
        raise HookRefused("simulated accounts are off")
    return account


def hook_secrets(account: Account) -> dict[str, str]:
    """Raises HookRefused when they cannot be read: without a key nothing is believed."""
    try:
        return secrets_of(account)
    except Unsealable as error:
        raise HookRefused("the account's secrets cannot be read") from error


def body_of(request: HttpRequest, most: int = MAX_BODY) -> bytes:
    """The raw body, at most `most` bytes: what announces more is not read. Raises HookRefused."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isascii() or not announced.isdigit() or len(announced) > 9 or int(announced) > most:
        raise HookRefused("the body is too large")
    try:
        body: bytes = request.read(most + 1)
    except (UnreadablePostError, RawPostDataException, OSError) as error:
        raise HookRefused("the body could not be read") from error
    if len(body) > most:
        raise HookRefused("the body is too large")
    return body


def address_of(request: HttpRequest) -> str:
    """What the carrier called, as it must have been written: our configured public URL, then path and query."""
    return settings.PARLEY_PUBLIC_URL + request.get_full_path()


def hook_url(channel: Channel, what: str) -> str:
    """`what`: "message", "status" ... of the kind's URL patterns."""
    return f"{settings.PARLEY_PUBLIC_URL}/hooks/{channel.kind}/{channel.public_id}/{what}/"
