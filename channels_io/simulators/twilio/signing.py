"""Signatures as Twilio makes them, by Twilio's own code. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from twilio.request_validator import RequestValidator

HEADER = "X-Twilio-Signature"
TOKEN_HEADER = "I-Twilio-Idempotency-Token"  # noqa: S105 - the name of a header
AGENT = "TwilioProxy/1.1"


def sign(auth_token: str, url: str, params: Mapping[str, str] | None = None) -> str:
    """Of a form POST to `url`, or of `url` alone: a GET with its query, or the handshake of a media socket."""
    signature: str = RequestValidator(auth_token).compute_signature(url, dict(params or {}))
    return signature


def signed_headers(auth_token: str, url: str, params: Mapping[str, str] | None = None) -> dict[str, str]:
    return {HEADER: sign(auth_token, url, params), "User-Agent": AGENT}
