"""What an account signs in with. Sealed in the database, opened where a request is made or a signature checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from django.utils import timezone

from channels_io.models import Account
from parley.lib.sealing import Unsealable, sealer

SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    Account.Provider.TWILIO: ("auth_token", "api_key", "api_secret"),
    Account.Provider.META: ("access_token", "app_secret", "verify_token"),
}
"""Names of what each provider needs. Twilio's API key and secret are optional: the token does both."""


def secrets_of(account: Account) -> dict[str, str]:
    """By name; {} when nothing is set. Raises Unsealable."""
    if not account.sealed:
        return {}
    opened = json.loads(sealer().unseal(account.sealed, account.place))
    return {name: str(opened[name]) for name in SECRETS[account.provider] if opened.get(name)}


def set_secrets(account: Account, secrets: Mapping[str, str]) -> None:
    """On the row, unsaved; it must have its public id. Names that are not given stay as they are; an empty text takes one out."""
    try:
        kept = secrets_of(account)
    except Unsealable:
        kept = {}
    known = {name: value for name, value in {**kept, **secrets}.items() if name in SECRETS[account.provider] and value}
    now = timezone.now().isoformat()
    account.secrets_set = {name: now if name in secrets else account.secrets_set.get(name, now) for name in known}
    account.sealed = sealer().seal(json.dumps(known), account.place)
