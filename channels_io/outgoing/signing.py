"""Signatures in the style of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body. Pure.

A secret reads `whsec_` and base64 of its bytes. The signed text is `<webhook-id>.<webhook-timestamp>.<body>`; the header
`webhook-signature` holds `v1,<base64>`, several of them with blanks between while a secret is being changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
BYTES: Final = 32
TOLERANCE: Final = 300
"""Seconds that a receiver should let a timestamp be off."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Raises ValueError when it is no such secret."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Not a webhook secret.") from error


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """ "v1,..." of this message; `timestamp` in seconds since 1970."""
    text = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key_of(secret), text, hashlib.sha256).digest()).decode()


def headers_of(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message_id, timestamp, body),
    }


def verify(secret: str, message_id: str, timestamp: int, body: bytes, signatures: Iterable[str], now: int) -> bool:
    """What a receiver does: the time is near, and one of the signatures is ours."""
    if abs(now - timestamp) > TOLERANCE:
        return False
    wanted = sign(secret, message_id, timestamp, body).encode()
    return any(hmac.compare_digest(wanted, signature.encode()) for signature in signatures)
