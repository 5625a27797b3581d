"""One request to a carrier, or to ourselves over the public URL: bounded in time and size, and answered in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.translation import gettext as _

from channels_io.account_secrets import secrets_of
from channels_io.models import Account
from channels_io.setting_up import SetUpFailed
from parley.lib.egress import EgressRefused, allowed_of
from parley.lib.outbound import Caps, OutboundClient, OutboundFailed, Request, Response
from parley.lib.sealing import Unsealable

CAPS: Final = Caps(seconds=10.0, connect=4.0, received=2_000_000, redirects=0)
"""No redirects: a carrier's API gives none, and credentials must not follow one."""


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    credentials: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Response:
    """Raises OutboundFailed, EgressRefused."""
    request = Request(method=method, url=url, headers=headers or {}, credentials=credentials or {}, body=body)
    return async_to_sync(_client().send)(request, CAPS)


def ask_carrier(who: str, method: str, url: str, **request: Any) -> Response:
    """`ask`, with what can go wrong on the way in words. Raises SetUpFailed (unreachable)."""
    try:
        return ask(method, url, **request)
    except (OutboundFailed, EgressRefused) as error:
        raise SetUpFailed(
            _("%(carrier)s could not be asked: %(reason)s") % {"carrier": who, "reason": error.message},
            code="unreachable",
            advice=_("This server must be able to reach %(host)s over the internet.")
            % {"host": urlsplit(url).hostname or url},
        ) from error


def base_of(account: Account, real: str, simulated: str) -> str:
    """Where requests for this account go. Raises SetUpFailed (simulators_off)."""
    if not account.simulated:
        return real
    if not settings.PARLEY_SIMULATORS:
        raise simulators_off()
    return simulated


def simulators_off() -> SetUpFailed:
    return SetUpFailed(
        _("This account is simulated, and simulators are off on this server."),
        code="simulators_off",
        advice=_("Set PARLEY_SIMULATORS=1, or make an account for the real carrier."),
    )


def opened_secrets(account: Account) -> dict[str, str]:
    """Raises SetUpFailed (secret_unreadable)."""
    try:
        return secrets_of(account)
    except Unsealable as error:
        raise SetUpFailed(
            error.message, code="secret_unreadable", advice=_("Replace the account's secrets.")
        ) from error


def json_of(who: str, response: Response) -> dict[str, Any]:
    """The object that was answered; {} for none. Raises SetUpFailed (bad_answer)."""
    if not response.body:
        return {}
    try:
        answer = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SetUpFailed(
            _("%(carrier)s answered with something that is no JSON (status %(status)d).")
            % {"carrier": who, "status": response.status},
            code="bad_answer",
        ) from error
    return answer if isinstance(answer, dict) else {}


def _client() -> OutboundClient:
    """May connect to the addresses of the operator's settings wherever they lead, and to the public internet."""
    own = (
        settings.PARLEY_META_URL,
        settings.PARLEY_PUBLIC_URL,
        *([settings.PARLEY_SIMULATOR_URL] if settings.PARLEY_SIMULATORS else []),
    )
    return OutboundClient(allowed_of([*settings.PARLEY_EGRESS_ALLOW, *map(_host_and_port, own)]))


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}" if parts.port is None else parts.netloc
