"""Change what a workspace hides and how long it keeps things."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from channels_io.models import Channel, PrivacyRules
from channels_io.privacy.rules import Rules, as_json, forget_rules
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

Keeping = tuple[int | None, int | None]
"""Days of words and of sound that a channel wishes for itself; None: as the workspace."""


@transaction.atomic
def save_privacy_rules(actor: Actor, rules: Rules, channels: Mapping[str, Keeping]) -> PrivacyRules:
    """`channels` by public id. What is masked already stays masked. Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    row, _made = PrivacyRules.objects.select_for_update().get_or_create(workspace=actor.workspace)
    before, after = row.rules, as_json(rules)
    row.rules = after
    row.save()
    changed = sorted(name for name, value in after.items() if before.get(name) != value)
    for channel in Channel.objects.of(actor.workspace).select_for_update().filter(public_id__in=channels):
        days, sound_days = channels[channel.public_id]
        if (channel.keep_days, channel.keep_sound_days) != (days, sound_days):
            channel.keep_days, channel.keep_sound_days = days, sound_days
            channel.save(update_fields=["keep_days", "keep_sound_days", "updated_at"])
            changed.append(channel.public_id)
    audit(actor, "privacy_rules.edited", row, changed=changed)
    transaction.on_commit(lambda: forget_rules(actor.workspace.pk))
    return row
