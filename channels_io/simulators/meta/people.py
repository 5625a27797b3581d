"""Who takes part: the business, as Meta knows it, and the people who write to it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetaIdentity:
    """What an `Account` (number = `waba`, its three secrets) and a `Channel` (address = `phone_number_id`) must say."""

    waba: str
    phone_number_id: str
    display_number: str
    access_token: str
    app_secret: str
    verify_token: str

    @property
    def secrets(self) -> dict[str, str]:
        """As `account_secrets.set_secrets` takes them."""
        return {
            "access_token": self.access_token,
            "app_secret": self.app_secret,
            "verify_token": self.verify_token,
        }

    @property
    def proof(self) -> str:
        """`appsecret_proof` of requests with the access token."""
        return hmac.new(self.app_secret.encode(), self.access_token.encode(), hashlib.sha256).hexdigest()


def new_identity(display_number: str = "15550009000") -> MetaIdentity:
    return MetaIdentity(
        waba=_digits(15),
        phone_number_id=_digits(15),
        display_number=display_number,
        access_token=f"EAA{secrets.token_hex(40)}",
        app_secret=secrets.token_hex(16),
        verify_token=secrets.token_urlsafe(24),
    )


@dataclass(frozen=True, slots=True)
class Person:
    """`number`: digits without "+", as Meta writes them; "" for one who hides it behind a username."""

    number: str
    name: str = "Ann"
    user_id: str = ""
    """Business-scoped user id, "US.1349..."; "" where Meta tells none."""
    username: str = ""

    @property
    def key(self) -> str:
        return self.number or self.user_id


def _digits(count: int) -> str:
    return "".join(secrets.choice("123456789") for _ in range(count))
