"""Who may open the inbox's live line, and whether they still may: by the session's cookie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from parley.accounts.actor import Actor, member_actor
from parley.accounts.middleware import choose_membership
from parley.accounts.models import Membership
from parley.accounts.permissions import Permission

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who came in: their session, and as whom."""

    session: str
    actor: Actor


def from_here(headers: Headers) -> bool:
    """The page that opens the socket is one of this server: a browser always says."""
    known = {name.lower(): value.decode("latin-1").lower() for name, value in headers}
    origin = known.get(b"origin", "")
    return bool(origin) and urlsplit(origin).netloc == known.get(b"host", "")


def let_in(headers: Headers) -> Guest | None:
    """None for whoever is not signed in, or may see nothing of any workspace."""
    key = session_key(headers)
    request = _signed_in(key)
    if request is None:
        return None
    membership = choose_membership(request)
    if membership is None or not membership.may(Permission.VIEW):
        return None
    return Guest(key, member_actor(membership))


def still_welcome(guest: Guest) -> bool:
    """The session goes on, and its person still belongs to the workspace."""
    request = _signed_in(guest.session)
    if request is None or request.user != guest.actor.user:
        return False
    rows = Membership.objects.filter(workspace=guest.actor.workspace, user=guest.actor.user)
    membership = rows.first()
    return membership is not None and membership.may(Permission.VIEW)


def session_key(headers: Headers) -> str:
    """Empty without one."""
    cookies = "; ".join(value.decode("latin-1") for name, value in headers if name.lower() == b"cookie")
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")[:64]


def _signed_in(key: str) -> HttpRequest | None:
    """A request as the middleware would make it; None when nobody is behind the session, or its password has changed."""
    if not key or not key.isalnum():
        return None
    engine: Any = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    request.session = engine.SessionStore(key)
    user = get_user(request)
    if not user.is_authenticated:
        return None
    request.user = user
    return request
