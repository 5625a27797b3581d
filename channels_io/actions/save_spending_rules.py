"""Change what a workspace may dial and spend."""

from __future__ import annotations

from django.db import transaction

from channels_io.guards.rules import Rules, as_json
from channels_io.models import SpendingRule
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@transaction.atomic
def save_spending_rules(actor: Actor, rules: Rules) -> SpendingRule:
    """They hold from the next message and call on. Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    row, _made = SpendingRule.objects.select_for_update().get_or_create(workspace=actor.workspace)
    before, after = row.rules, as_json(rules)
    row.rules = after
    row.save()
    changed = sorted(name for name, value in after.items() if before.get(name) != value)
    audit(actor, "spending_rules.edited", row, changed=changed)
    return row
