"""PARLEY_PUBLIC_URL, as carriers must reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.translation import gettext as _

from channels_io.carriers.asking import ask
from channels_io.setting_up import Found
from parley.lib.egress import EgressRefused
from parley.lib.outbound import OutboundClient, OutboundFailed

LOOPBACK = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104  # names to recognise, not to listen on


def is_loopback() -> bool:
    return (urlsplit(settings.PARLEY_PUBLIC_URL).hostname or "") in LOOPBACK


def public_problem() -> Found | None:
    """What can be said without asking anybody: None when the address may be a public one."""
    url = settings.PARLEY_PUBLIC_URL
    if is_loopback():
        return Found(
            verdict="bad",
            text=_("PARLEY_PUBLIC_URL is %(url)s: that name means this machine itself, so no carrier can reach it.")
            % {"url": url},
            advice=_(
                "Open a tunnel or put a proxy in front, set PARLEY_PUBLIC_URL to its https address and start again."
            ),
        )
    if urlsplit(url).scheme != "https":
        return Found(
            verdict="bad",
            text=_("PARLEY_PUBLIC_URL is %(url)s: carriers call https only.") % {"url": url},
            advice=_("Put a proxy with a certificate in front and set PARLEY_PUBLIC_URL to its https address."),
        )
    return None


def public_check(*, simulated: bool) -> Found:
    """Whether the address leads to this server, as far as can be seen from here."""
    url = settings.PARLEY_PUBLIC_URL
    problem = public_problem()
    if problem is not None and not simulated:
        return problem
    try:
        if not simulated:
            # Without what the operator opened inside: a carrier has only the public internet.
            async_to_sync(OutboundClient().probe)(url)
        answer = ask("GET", f"{url}/health")
    except EgressRefused as error:
        return Found(
            verdict="bad",
            text=_("%(url)s is not on the public internet: %(reason)s") % {"url": url, "reason": error.message},
            advice=_("Its name must stand for a public address in the DNS that the whole world sees."),
        )
    except OutboundFailed as error:
        return Found(verdict="bad", text=f"{url}: {error.message}", advice=_advice_of(error.code))
    try:
        said = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        said = None
    if answer.status != 200 or not isinstance(said, dict) or "version" not in said:
        return Found(
            verdict="bad",
            text=_("Something else than Parley answers at %(url)s (status %(status)d).")
            % {"url": url, "status": answer.status},
            advice=_("The tunnel or proxy must hand every path on to this server."),
        )
    if simulated:
        return Found(verdict="good", text=_("%(url)s answers; the simulator needs no more.") % {"url": url})
    return Found(
        verdict="good",
        text=_("%(url)s leads here, in %(ms)d ms. Only a real call proves that the whole world gets through.")
        % {"url": url, "ms": answer.milliseconds},
    )


def _advice_of(code: str) -> str:
    match code:
        case "unknown_host":
            return _("Enter the name in the DNS, or correct PARLEY_PUBLIC_URL.")
        case "tls_failed":
            return _("Carriers refuse it too. Get a certificate of a public authority, with its whole chain.")
        case "timeout" | "unreachable":
            return _(
                "Is the tunnel or proxy running, and its port open? Some networks let nobody inside call their own public "
                "address: then look at it from a telephone outside."
            )
    return _("Look at the tunnel or proxy in front of this server.")
