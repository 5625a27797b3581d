from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.errors import AccountsError, BadExpiry, BadScopes
from parley.accounts.models import ApiKey
from parley.accounts.permissions import Permission, require
from parley.accounts.roles import SCOPE_PERMISSIONS


@transaction.atomic
def issue_api_key(
    actor: Actor, *, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key for this workspace and its secret, which is never seen again. Raises PermissionDenied, AccountsError."""
    require(actor, Permission.MANAGE_WORKSPACE)
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise AccountsError(_("Give the key a name of at most 80 characters: who or what uses it."), code="bad_name")
    unknown = set(scopes) - set(SCOPE_PERMISSIONS)
    if unknown or not scopes:
        raise BadScopes(_("Choose at least one thing the key may do."))
    if expires_at is not None and expires_at <= timezone.now():
        raise BadExpiry(_("Choose a day in the future, or none."))
    key, secret = ApiKey.issue(
        workspace=actor.workspace,
        name=name,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        created_by=actor.user,
    )
    audit(actor, "key.issued", key, name=key.name, prefix=key.prefix, scopes=key.scopes)
    return key, secret
