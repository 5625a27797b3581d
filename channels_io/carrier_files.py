"""Files that people sent, fetched from their carrier: bounded in time and size, credentials for the carrier's own hosts only.

Addresses come out of signed webhooks, and yet they are connected to by the client for addresses that others set
(`parley.lib.outbound`): only the carrier's configured address may lie inside, and a redirect carries no credentials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from asgiref.sync import async_to_sync
from django.conf import settings

from channels_io.messaging.provider import SendFailed
from parley.lib.egress import PORTS, EgressRefused, Target, allowed_of, parse_target
from parley.lib.outbound import Caps, OutboundClient, OutboundFailed, Request

SECONDS: Final = 30.0
REASON_MOST: Final = 64 * 1024
"""Room for the page that says why there is no file."""


def fetch(url: str, limit: int, *, base: str, credentials: Mapping[str, str], hosts: Sequence[str] = ()) -> bytes:
    """At most `limit` bytes. `credentials` go to the origin of `base`, and over https to `hosts` and what is below them.

    Raises SendFailed: too_large, media_gone (both "never"), sign_in, unreachable ("later").
    """
    try:
        target, own = parse_target(url), parse_target(base)
        ours = target.origin == own.origin
        known = ours or _is_one_of(target, hosts)
        allowed = [*settings.PARLEY_EGRESS_ALLOW, *([_place(own)] if ours else [])]
        client = OutboundClient(allowed_of(allowed))
        request = Request(method="GET", url=url, headers={"Accept": "*/*"}, credentials=credentials if known else {})
        answer = async_to_sync(client.send)(request, Caps(seconds=SECONDS, received=max(limit, REASON_MOST)))
    except EgressRefused as error:
        raise SendFailed(error.message, code="media_gone", verdict="never") from error
    except OutboundFailed as error:
        if error.code == "too_large":
            raise SendFailed("The file is too large.", code="too_large", verdict="never") from error
        raise SendFailed(error.message, code="unreachable", verdict="later") from error
    if answer.ok and len(answer.body) > limit:
        raise SendFailed("The file is too large.", code="too_large", verdict="never")
    if answer.ok:
        return answer.body
    if answer.status in (404, 410):
        raise SendFailed("The file is not there any more.", code="media_gone", verdict="never")
    if answer.status in (401, 403):
        raise SendFailed("The carrier does not give the file to this account.", code="sign_in", verdict="later")
    raise SendFailed(f"The file came with status {answer.status}.", code="unreachable", verdict="later")


def _is_one_of(target: Target, hosts: Sequence[str]) -> bool:
    over_tls = (target.scheme, target.port) == ("https", PORTS["https"])
    return over_tls and any(target.host == name or target.host.endswith(f".{name}") for name in hosts)


def _place(target: Target) -> str:
    """host:port, as the operator would write it in PARLEY_EGRESS_ALLOW."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"
