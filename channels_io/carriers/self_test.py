"""Our own webhook, called as the carrier would call it: through the public URL, signed, and once with a forged signature."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from channels_io.carriers.asking import ask
from channels_io.setting_up import Found
from parley.lib.egress import EgressRefused
from parley.lib.outbound import OutboundFailed, Response


def self_test(url: str, body: bytes, mime: str, signed: Mapping[str, str], forged: Mapping[str, str]) -> Found:
    """`signed` and `forged` are the signature headers. The request must be one that changes nothing when it is believed."""
    try:
        right = ask("POST", url, headers={"Content-Type": mime, **signed}, body=body)
        wrong = ask("POST", url, headers={"Content-Type": mime, **forged}, body=body)
    except (OutboundFailed, EgressRefused) as error:
        return Found(
            verdict="bad",
            text=_("Our own webhook cannot be reached through the public URL: %(reason)s") % {"reason": error.message},
            advice=_("See the first check: the public URL must lead to this server."),
        )
    if not right.ok:
        return _unbelieved(right)
    if wrong.status != 403:
        return Found(
            verdict="bad",
            text=_("A request with a forged signature was answered with %(status)d, not with 403.")
            % {"status": wrong.status},
            advice=_("Something in front of Parley answers in its place. Take it out of the way of /hooks/."),
        )
    return Found(
        verdict="good",
        text=_("Signed: taken in %(milliseconds)d ms. Forged: refused.") % {"milliseconds": right.milliseconds},
    )


def _unbelieved(answer: Response) -> Found:
    if answer.status == 403:
        return Found(
            verdict="bad",
            text=_("Our webhook refused a request that was signed rightly."),
            advice=_(
                "A proxy in front changes the path, the query or the body on the way. It must hand them on as they are; "
                "and PARLEY_PUBLIC_URL must be written exactly as the carrier calls it, with its scheme and port."
            ),
        )
    if answer.status == 404:
        return Found(
            verdict="bad",
            text=_("Nothing answers at the webhook's address (404)."),
            advice=_("PARLEY_PUBLIC_URL leads to another server, or a proxy does not hand /hooks/ on to Parley."),
        )
    if answer.status == 503:
        return Found(
            verdict="bad",
            text=_("Our webhook answers that it cannot take anything now (503)."),
            advice=_("Look at the server's log: its database is away or slow."),
        )
    return Found(
        verdict="bad",
        text=_("Our webhook answered with %(status)d.") % {"status": answer.status},
        advice=_("Look at the server's log."),
    )
