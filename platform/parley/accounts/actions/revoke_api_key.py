from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import ApiKey
from parley.accounts.permissions import Permission, require


@transaction.atomic
def revoke_api_key(actor: Actor, key: ApiKey) -> ApiKey:
    """The key stops working at once. Revoking twice changes nothing. Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    locked: ApiKey = ApiKey.objects.of(actor.workspace).select_for_update().get(pk=key.pk)
    if locked.revoked_at is None:
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at", "updated_at"])
        audit(actor, "key.revoked", locked, name=locked.name, prefix=locked.prefix)
    return locked
