"""Change what the parts of a conversation are reckoned at."""

from __future__ import annotations

from django.db import transaction

from channels_io.models import PriceList
from channels_io.prices import Prices, as_json
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def save_prices(actor: Actor, prices: Prices) -> PriceList:
    """They hold for conversations that end from now on. Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    row, _made = PriceList.objects.select_for_update().get_or_create(workspace=actor.workspace)
    before, after = row.prices, as_json(prices)
    row.prices = after
    row.save()
    changed = sorted(name for name, value in after.items() if before.get(name, 0) != value)
    audit(actor, "prices.edited", row, changed=changed)
    return row
