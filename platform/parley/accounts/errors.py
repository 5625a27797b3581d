from __future__ import annotations

from inference.errors import ParleyError


class AccountsError(ParleyError):
    """A change to people or keys that cannot be made; the message says why and what to do."""

    code = "accounts"
    permanent = True


class LastOwner(AccountsError):
    code = "last_owner"


class AlreadyMember(AccountsError):
    code = "already_member"


class BadScopes(AccountsError):
    code = "bad_scopes"


class BadExpiry(AccountsError):
    code = "bad_expiry"
